// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/r2_score.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("R2Score by hand") {
    // sklearn's example
    Doubles const y{2.5, 0.0, 2, 8}, t{3, -0.5, 2, 7};
    CHECK(near(evaluate_metric(R2Score{}, y, t), 1 - 1.5 / 29.1875));
    CHECK(near(in_batches<Shape<1>>(R2Score{}, y, t, 1), 1 - 1.5 / 29.1875));
    // the last weighs 0: mean 1.5, squares 2.25 + 4 + .25, residual .5
    CHECK(near(in_batches<Shape<1>>(R2Score{}, y, t, 3, {1, 1, 1, 0}), 1 - 0.5 / 6.5));
    // the first does: what it begins at is the first that counts
    CHECK(near(in_batches<Shape<1>>(R2Score{}, y, t, 3, {0, 1, 1, 1}), 1 - 1.25 / (175.0 / 6)));
    // two outputs: the mean of both
    Doubles const both{2.5, 1, 0.0, 2, 2, 3, 8, 4}, truth{3, 1, -0.5, 2, 2, 3, 7, 4};
    CHECK(near(evaluate_metric<Shape<2>>(R2Score{}, both, truth), 1 - 1.5 / 29.1875 / 2));
}

TEST_CASE("R2Score keeps its digits far from 0, and has an answer where nothing varies") {
    Doubles y, t;
    for (int i = 0; i < 1000; ++i) {
        t.push_back(1e9 + i % 7);
        y.push_back(1e9 + i % 7 + (i % 2 ? 0.5 : -0.5));
    }
    double mean = 0, total = 0;
    for (double v : t) mean += (v - 1e9) / 1000;
    for (double v : t) total += (v - 1e9 - mean) * (v - 1e9 - mean);
    CHECK(near(evaluate_metric(R2Score{}, y, t), 1 - 250 / total, 1e-11));
    CHECK(evaluate_metric(R2Score{}, Doubles{2, 2}, Doubles{2, 2}) == 1.0);
    CHECK(evaluate_metric(R2Score{}, Doubles{2, 3}, Doubles{2, 2}) == 0.0);
    CHECK(evaluate_metric(R2Score{}, Doubles{}, Doubles{}) == 0.0);
}
