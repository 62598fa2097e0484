// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/f_beta_score.hpp>

#include <lamina/metrics/f1_score.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("FBetaScore: keras.metrics.FBetaScore's own example, of three labels") {
    Floats const y{0.2f, 0.6f, 0.7f, 0.2f, 0.6f, 0.6f, 0.6f, 0.8f, 0}, t{1, 1, 1, 1, 0, 0, 1, 1, 0};
    FBetaScore<2> const metric{.multi_label = true};
    double const mean = (5.0 / 13 + 10.0 / 11 + 5.0 / 6) / 3;
    CHECK(near(evaluate_metric<Shape<3>>(metric, y, t), mean));
}

TEST_CASE("FBetaScore of beta 1 is F1Score, of a small beta it is near precision") {
    Floats const y{0.9f, 0.8f, 0.7f, 0.6f, 0.1f}, t{1, 1, 1, 0, 0};
    CHECK(near(evaluate_metric(FBetaScore<>{}, y, t), evaluate_metric(F1Score{}, y, t)));
    // hits 3, answered yes 4, those that are 3
    CHECK(near(evaluate_metric(FBetaScore<1, 2>{}, y, t), 1.25 * 3 / (4 + 0.25 * 3)));
    CHECK(evaluate_metric(FBetaScore<>{.threshold = 0.95f}, y, Floats(5)) == 0);
    CHECK(FBetaScore<2>::name == "fbeta_score");
}
