// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/at_threshold.hpp>

#include <lamina/core/error.hpp>
#include <lamina/core/random.hpp>
#include <lamina/metrics/precision_at_recall.hpp>
#include <lamina/metrics/recall_at_precision.hpp>
#include <lamina/metrics/sensitivity_at_specificity.hpp>
#include <lamina/metrics/specificity_at_sensitivity.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("the best of one share at a bound of another: Keras' own examples") {
    Doubles const t{0, 0, 0, 1, 1}, y{0, 0.3, 0.8, 0.3, 0.8};
    SensitivityAtSpecificity const sensitivity{.specificity = 0.5};
    CHECK(near(evaluate_metric(sensitivity, y, t), 0.5));
    CHECK(near(in_batches<Shape<1>>(sensitivity, y, t, 2, {1, 1, 2, 2, 1}), 1.0 / 3));
    SpecificityAtSensitivity const specificity{.sensitivity = 0.5};
    CHECK(near(evaluate_metric(specificity, y, t), 2.0 / 3));
    CHECK(near(in_batches<Shape<1>>(specificity, y, t, 2, {1, 1, 2, 2, 2}), 0.5));
    PrecisionAtRecall const precision{.recall = 0.5};
    CHECK(near(evaluate_metric(precision, y, t), 0.5));
    CHECK(near(in_batches<Shape<1>>(precision, y, t, 2, {2, 2, 2, 1, 1}), 1.0 / 3));
    Doubles const truth{0, 0, 1, 1}, answer{0, 0.5, 0.3, 0.9};
    RecallAtPrecision const recall{.precision = 0.8};
    CHECK(near(evaluate_metric(recall, answer, truth), 0.5));
    CHECK(near(in_batches<Shape<1>>(recall, answer, truth, 3, {1, 0, 0, 1}), 1.0));
}

TEST_CASE("the best of one share at a bound of another: by the definition, at each threshold") {
    Doubles y(3000), t(3000);
    for (std::size_t i = 0; i < y.size(); ++i) {
        t[i] = Random{1}.uniform(i) < 0.3f ? 1.0 : 0.0;
        y[i] = (double(Random{2}.uniform(i)) + 0.5 * t[i]) / 1.5;
    }
    double recall = 0, precision = 0, sensitivity = 0, specificity = 0;
    for (int k = 0; k < 200; ++k) {
        double hits = 0, alarms = 0, yes = 0;
        for (std::size_t i = 0; i < y.size(); ++i) {
            bool const answer = std::ceil(y[i] * 199) - 1 >= k;
            hits += answer && t[i] > 0, alarms += answer && t[i] == 0, yes += t[i];
        }
        double const r = hits / yes, p = hits + alarms > 0 ? hits / (hits + alarms) : 0.0,
                     s = 1 - alarms / (double(y.size()) - yes);
        if (p >= 0.6) recall = std::max(recall, r);
        if (r >= 0.6) precision = std::max(precision, p), specificity = std::max(specificity, s);
        if (s >= 0.6) sensitivity = std::max(sensitivity, r);
    }
    CHECK(near(evaluate_metric(RecallAtPrecision{.precision = 0.6}, y, t), recall));
    CHECK(near(evaluate_metric(PrecisionAtRecall{.recall = 0.6}, y, t), precision));
    CHECK(near(evaluate_metric(SensitivityAtSpecificity{.specificity = 0.6}, y, t), sensitivity));
    CHECK(near(evaluate_metric(SpecificityAtSensitivity{.sensitivity = 0.6}, y, t), specificity));
    CHECK(recall > 0.5);
    CHECK(recall < 1);
    // of logits the same, and 0 where no threshold gives as much
    Doubles logits(y);
    for (double& v : logits) v = std::log(v / (1 - v));
    CHECK(near(evaluate_metric(RecallAtPrecision{.precision = 0.6, .from_logits = true}, logits, t),
               recall, 1e-2));
    CHECK(evaluate_metric(RecallAtPrecision{}, Doubles{0.9, 0.1}, Doubles{0, 0}) == 0);
    CHECK_THROWS_AS(evaluate_metric(PrecisionAtRecall{.recall = 1.5}, y, t), Error);
}
