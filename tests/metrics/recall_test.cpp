// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/recall.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Recall by hand: hits 3, answered yes 4, those that are 3") {
    Floats const y{0.9f, 0.8f, 0.7f, 0.6f, 0.1f}, t{1, 1, 1, 0, 0};
    CHECK(near(evaluate_metric(Recall{}, y, t), 1.0));
    CHECK(Recall::name == "recall");
}
