// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/average_precision.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("average_precision by hand") {
    // sklearn's example: 1/2 * 1 + 1/2 * 2/3
    Doubles const scores{0.1, 0.4, 0.35, 0.8};
    CHECK(near(average_precision(scores, Classes{0, 0, 1, 1}), 0.5 + 1.0 / 3));
    // ties together: at .9 precision 1, at .5 two of three
    CHECK(near(average_precision(Doubles{0.5, 0.9, 0.5}, Doubles{1, 1, 0}), 0.5 + 0.5 * 2 / 3));
    CHECK(average_precision(Floats{1, 2}, Classes{1, 1}) == 1.0);
}

TEST_CASE("average_precision: what has no answer is an error") {
    CHECK_THROWS_WITH_AS(average_precision(Doubles{1, 2}, Doubles{0, 0}),
                         "average_precision: no label is 1. The precision needs positives.", Error);
    CHECK_THROWS_AS(average_precision(Doubles{1, 2}, Doubles{0}), Error);
}
