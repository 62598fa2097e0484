// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/matthews_correlation.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("MatthewsCorrelation by hand: one of two yes is found, no false alarm") {
    Floats const y{0.1f, 0.9f, 0.2f, 0.3f}, t{1, 1, 0, 0};
    CHECK(near(evaluate_metric(MatthewsCorrelation{}, y, t), 1 / std::sqrt(3.0)));
    CHECK(evaluate_metric(MatthewsCorrelation{.threshold = 0.05f}, y, t) == 0); // always yes
    CHECK(near(evaluate_metric(MatthewsCorrelation{}, Floats{0, 0, 1, 1}, t), -1));
}

TEST_CASE("MatthewsCorrelation of three classes, in batches: the confusion matrix' own") {
    Doubles const y{1, 0, 0, /**/ 0, 1, 0, /**/ 0, 1, 0, /**/ 0, 0, 1};
    Classes const t{0, 0, 1, 2};
    Doubles const weight{1, 2, 0.5, 1};
    double const whole = in_batches<Shape<3>>(ConfusionMatrix{}, y, t, 4, weight).matthews();
    CHECK(whole > 0.1);
    CHECK(in_batches<Shape<3>>(MatthewsCorrelation{}, y, t, 1, weight) == whole);
}
