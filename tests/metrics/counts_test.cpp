// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/counts.hpp>

#include <lamina/metrics/f1_score.hpp>
#include <lamina/metrics/precision.hpp>
#include <lamina/metrics/recall.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("one output: hits 2, answered yes 3, those that are 4") {
    Doubles const y{0.9, 0.8, 0.1, 0.2, 0.7, 0.3}, t{1, 1, 1, 1, 0, 0};
    CHECK(near(evaluate_metric(Precision{}, y, t), 2.0 / 3));
    CHECK(near(evaluate_metric(Recall{}, y, t), 0.5));
    CHECK(near(evaluate_metric(F1Score{}, y, t), 4.0 / 7));
    for (Averaging const a : {Averaging::macro, Averaging::micro, Averaging::weighted})
        CHECK(near(evaluate_metric(F1Score{.average = a}, y, t), 4.0 / 7));
    CHECK(near(evaluate_metric(F1Score{}, y, Classes{1, 1, 1, 1, 0, 0}), 4.0 / 7));
    CHECK(near(evaluate_metric(Recall{.threshold = 0.15f}, y, t), 0.75));
    // weights 1 1 2 0 3 1: hits 2, answered yes 5, those that are 4
    Doubles const w{1, 1, 2, 0, 3, 1};
    CHECK(near(in_batches<Shape<1>>(Precision{}, y, t, 2, w), 2.0 / 5));
    CHECK(near(in_batches<Shape<1>>(Recall{}, y, t, 5, w), 2.0 / 4));
}

TEST_CASE("0 / 0 is 0") {
    CHECK(evaluate_metric(Precision{}, Doubles{0.1, 0.2}, Doubles{1, 0}) == 0.0);
    CHECK(evaluate_metric(Recall{}, Doubles{0.9, 0.2}, Doubles{0, 0}) == 0.0);
    CHECK(evaluate_metric(F1Score{}, Doubles{0.1, 0.2}, Doubles{0, 0}) == 0.0);
    CHECK(evaluate_metric(F1Score{}, Doubles{}, Doubles{}) == 0.0);
}

TEST_CASE("several classes") {
    // truth 0 0 1 2, answers 0 1 1 1: precision 1, 1/3, 0; recall 1/2, 1, 0
    Doubles const y{1, 0, 0, /**/ 0, 1, 0, /**/ 0, 1, 0, /**/ 0, 1, 0};
    Classes const t{0, 0, 1, 2};
    Doubles const one_hot{1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
    using Y = Shape<3>;
    CHECK(near(evaluate_metric<Y>(Precision{}, y, t), (1 + 1.0 / 3) / 3));
    CHECK(near(evaluate_metric<Y>(Recall{}, y, one_hot), 0.5));
    CHECK(near(evaluate_metric<Y>(F1Score{}, y, t), (2.0 / 3 + 0.5) / 3));
    CHECK(near(evaluate_metric<Y>(Precision{.average = Averaging::micro}, y, t), 0.5));
    CHECK(near(evaluate_metric<Y>(Precision{.average = Averaging::weighted}, y, t),
               (2 * 1 + 1.0 / 3) / 4));
    CHECK(near(in_batches<Y>(Recall{}, y, t, 1, {1, 0, 1, 1}), (1.0 + 1 + 0) / 3));
    // answered with 1: weights 3 + 2 + 0.5, of which 2 are right
    CHECK(near(in_batches<Y>(Precision{}, y, t, 3, {1, 3, 2, 0.5}), (1 + 2 / 5.5) / 3));
    // a class that neither is nor is answered does not count
    CHECK(near(evaluate_metric<Shape<3>>(Recall{}, Doubles{1, 0, 0, 0, 1, 0}, Classes{0, 1}), 1.0));
    // a sequence
    CHECK(near(in_batches<Shape<2, 3>>(Precision{}, y, t, 1), (1 + 1.0 / 3) / 3));
}

TEST_CASE("several labels that may hold together") {
    Doubles const y{0.9, 0.8, /**/ 0.4, 0.7}, t{1, 0, /**/ 1, 1};
    using Y = Shape<2>;
    CHECK(near(evaluate_metric<Y>(Precision{.multi_label = true}, y, t), (1 + 0.5) / 2));
    CHECK(near(evaluate_metric<Y>(Recall{.multi_label = true}, y, t), (0.5 + 1) / 2));
    CHECK(near(evaluate_metric<Y>(Recall{.average = Averaging::micro, .multi_label = true}, y, t),
               2.0 / 3));
}
