// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/auc.hpp>

#include <lamina/core/random.hpp>
#include <lamina/metrics/average_precision.hpp>
#include <lamina/metrics/roc_auc.hpp>

#include "check_metric.hpp"

#include <limits>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("AUC by hand") {   // keras.metrics.AUC's own example, three thresholds
    Doubles const y{0, 0.5, 0.3, 0.9}, t{0, 0, 1, 1};
    CHECK(near(evaluate_metric(AUCWith<3>{}, y, t), 0.75));
    // sample weights [1, 0, 0, 1]
    CHECK(near(in_batches<Shape<1>>(AUCWith<3>{}, y, t, 4, {1, 0, 0, 1}), 1.0));
}

TEST_CASE("AUC: thresholds as Keras sets them") {
    // tp and fp at thresholds below 0, 1/2, above 1, by the definition y > threshold
    Doubles const y{0, 0.5, 0.5000001, 1}, t{1, 0, 1, 0};
    // above 1: 0 0; above 1/2: 1 1; above below 0: 2 2. area of ROC by trapezes
    CHECK(near(evaluate_metric(AUCWith<3>{}, y, t), 0.5));
    double const slope = 0.5;   // precision 1/2 all along
    CHECK(near(evaluate_metric(AUCWith<3>{.curve = Curve::pr}, y, t), slope));
}

TEST_CASE("AUC of 200 thresholds comes near the exact area") {
    Random const random{11};
    Doubles y, t;
    for (std::size_t i = 0; i < 4000; ++i) {
        t.push_back(random.uniform(2 * i) < 0.3f ? 1.0 : 0.0);
        double const u = double(random.uniform(2 * i + 1));
        y.push_back(t.back() > 0 ? std::sqrt(u) : u * u);
    }
    CHECK(std::abs(evaluate_metric(AUC{}, y, t) - roc_auc(y, t)) < 1e-4);
    double const exact = average_precision(y, t);
    CHECK(std::abs(evaluate_metric(AUC{.curve = Curve::pr}, y, t) - exact) < 5e-3);
    CHECK(std::abs(evaluate_metric(AUCWith<20000>{.curve = Curve::pr}, y, t) - exact) < 5e-4);
    CHECK(in_batches<Shape<1>>(AUC{}, y, t, 32) == evaluate_metric(AUC{}, y, t));
    Classes const labels(t.begin(), t.end());
    CHECK(evaluate_metric(AUC{}, y, labels) == evaluate_metric(AUC{}, y, t));
}

TEST_CASE("AUC of logits: of the probabilities that they stand for, whatever the batch") {
    for (std::size_t const n : {1u, 63u, 64u, 65u, 200u}) {
        Doubles z, p, shares, t;
        for (std::size_t i = 0; i < 3 * n; ++i) {
            z.push_back(10 * double(Random{5}.uniform(i)) - 4);
            p.push_back(1 / (1 + std::exp(-z[i])));
            t.push_back(Random{6}.uniform(i) < 0.4f);
        }
        for (std::size_t i = 0; i < 3 * n; i += 3) {
            double const sum = std::exp(z[i]) + std::exp(z[i + 1]) + std::exp(z[i + 2]);
            for (std::size_t j = i; j < i + 3; ++j) shares.push_back(std::exp(z[j]) / sum);
        }
        AUC const logits{.from_logits = true};
        AUC const choice{.from_logits = true, .one_choice = true};
        CHECK(evaluate_metric(logits, z, t) == evaluate_metric(AUC{}, p, t));
        CHECK(evaluate_metric(choice, z, t) == evaluate_metric(AUC{}, p, t));   // of one alone
        using Y = Shape<3>;
        CHECK(evaluate_metric<Y>(logits, z, t) == evaluate_metric<Y>(AUC{}, p, t));
        CHECK(near(evaluate_metric<Y>(choice, z, t), evaluate_metric<Y>(AUC{}, shares, t)));
        CHECK(near(in_batches<Y>(choice, z, t, 7), evaluate_metric<Y>(choice, z, t)));
        Doubles weight(3 * n, 0.5);
        weight[0] = 2;
        CHECK(near(in_batches<Shape<1>>(logits, z, t, 30, weight),
                   in_batches<Shape<1>>(AUC{}, p, t, 30, weight)));
    }
    double const inf = std::numeric_limits<double>::infinity();
    CHECK(evaluate_metric(AUC{.from_logits = true}, Doubles{700, inf, -700, -inf},
                          Doubles{1, 1, 0, 0}) == 1.0);
}

TEST_CASE("AUC: several outputs count together; what is beyond [0, 1] stays at its end") {
    Doubles const y{0.9, 0.1, 0.2, 0.8}, t{1, 0, 0, 1};
    CHECK(evaluate_metric<Shape<2>>(AUC{}, y, t) == 1.0);
    CHECK(evaluate_metric<Shape<2>>(AUC{}, y, Classes{0, 1}) == 1.0);
    double const inf = std::numeric_limits<double>::infinity();
    CHECK(evaluate_metric(AUC{}, Doubles{7, inf, -3, -inf}, Doubles{1, 1, 0, 0}) == 1.0);
    CHECK(evaluate_metric(AUC{}, Doubles{0.5, 0.6}, Doubles{1, 1}) == 0.0);
    AUC const pr{.curve = Curve::pr};   // whose precision is 1 then, as in Keras
    CHECK(evaluate_metric(pr, Doubles{0.5, 0.6}, Doubles{1, 1}) == 1.0);
    CHECK(evaluate_metric(pr, Doubles{0.5, 0.6}, Doubles{0, 0}) == 0.0);
}
