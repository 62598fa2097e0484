// SPDX-License-Identifier: BSD-3-Clause
#include "support/golden.hpp"

#include "check_metric.hpp"

#include <lamina/losses/binary_crossentropy.hpp>
#include <lamina/losses/mean_absolute_error.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/metrics/accuracy.hpp>
#include <lamina/metrics/auc.hpp>
#include <lamina/metrics/average_precision.hpp>
#include <lamina/metrics/confusion_matrix.hpp>
#include <lamina/metrics/f1_score.hpp>
#include <lamina/metrics/precision.hpp>
#include <lamina/metrics/r2_score.hpp>
#include <lamina/metrics/recall.hpp>
#include <lamina/metrics/roc_auc.hpp>
#include <lamina/metrics/root_mean_squared_error.hpp>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("golden: scores of two classes, with ties") {
    golden::Case const c("metrics_binary_scores");
    Doubles const y = c["in/score"].values, t = c["in/y_true"].values;
    CHECK(near(roc_auc(y, t), c["out/roc_auc"][0]));
    CHECK(near(average_precision(y, t), c["out/average_precision"][0]));
    CHECK(near(evaluate_metric(AUC{}, y, t), c["out/roc_auc"][0]));   // no threshold parts a tie
    CHECK(near(evaluate_metric(MeanSquaredError{}, y, t), c["out/brier"][0]));
    // sklearn says yes at 0.5 itself too
    CHECK(near(evaluate_metric(F1Score{.threshold = 0.4999f}, y, t), c["out/f1_at_0.5"][0]));
    // one score is 0, which Keras and lamina hold at 1e-7: 1e-7 / 40 of the mean
    CHECK(near(evaluate_metric(BinaryCrossentropy{}, y, t), c["out/log_loss"][0], 3e-9));
}

TEST_CASE("golden: three classes") {
    golden::Case const c("metrics_multiclass");
    Classes const t = c["in/y_true"].as<std::int32_t>();
    Classes const answers = c["in/y_pred"].as<std::int32_t>();
    Doubles y(3 * t.size(), 0.0), one_hot(3 * t.size(), 0.0);
    for (std::size_t i = 0; i < t.size(); ++i) {
        y[3 * i + std::size_t(answers[i])] = 1;
        one_hot[3 * i + std::size_t(t[i])] = 1;
    }
    using Y = Shape<3>;
    CHECK(near(evaluate_metric<Y>(Accuracy{}, y, t), c["out/accuracy"][0]));
    auto const m = evaluate_metric<Y>(ConfusionMatrix{}, y, t);
    for (std::size_t truth = 0; truth < 3; ++truth)
        for (std::size_t answer = 0; answer < 3; ++answer)
            CHECK(m(truth, answer) == c["out/confusion"][truth * 3 + answer]);
    CHECK(near(m.accuracy(), c["out/accuracy"][0]));
    CHECK(near(m.matthews(), c["out/mcc"][0]));
    for (std::size_t k = 0; k < 3; ++k) {
        auto const& each = c["out/per_class_prf"];
        std::size_t const by = each.shape[1];
        REQUIRE(each.size() == 9);
        CHECK(near(m.precision(k), each[k]));
        CHECK(near(m.recall(k), each[by + k]));
        CHECK(near(m.f1(k), each[2 * by + k]));
    }
    struct Form { Averaging average; char const* key; };
    for (Form const form : {Form{Averaging::macro, "out/macro_prf"},
                            Form{Averaging::micro, "out/micro_prf"},
                            Form{Averaging::weighted, "out/weighted_prf"}}) {
        CAPTURE(form.key);
        auto const& prf = c[form.key];
        CHECK(near(evaluate_metric<Y>(Precision{.average = form.average}, y, t), prf[0]));
        CHECK(near(evaluate_metric<Y>(Recall{.average = form.average}, y, one_hot), prf[1]));
        CHECK(near(evaluate_metric<Y>(F1Score{.average = form.average}, y, t), prf[2]));
    }
}

TEST_CASE("golden: regression") {
    golden::Case const c("metrics_regression");
    Doubles const y = c["in/y_pred"].values, t = c["in/y_true"].values;
    CHECK(near(evaluate_metric(MeanAbsoluteError{}, y, t), c["out/mae"][0]));
    CHECK(near(evaluate_metric(MeanSquaredError{}, y, t), c["out/mse"][0]));
    CHECK(near(evaluate_metric(RootMeanSquaredError{}, y, t), std::sqrt(c["out/mse"][0])));
    CHECK(near(evaluate_metric(R2Score{}, y, t), c["out/r2"][0]));
    CHECK(near(in_batches<Shape<1>>(R2Score{}, y, t, 7), c["out/r2"][0]));
}
