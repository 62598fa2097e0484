// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/f1_score.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("F1Score by hand: hits 3, answered yes 4, those that are 3") {
    Floats const y{0.9f, 0.8f, 0.7f, 0.6f, 0.1f}, t{1, 1, 1, 0, 0};
    CHECK(near(evaluate_metric(F1Score{}, y, t), 6.0/7));
    CHECK(F1Score::name == "f1_score");
}
