// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/confusion_matrix.hpp>

#include <optional>
#include <string_view>

namespace lamina {

/// Cohen's kappa: how much of the disagreement that answers drawn at random, as often of each class
/// as these, would have with the truth is not there. 1 where all is right, 0 for guesses.
///
/// Options  disagreement: how much a wrong answer counts, of classes that have an order;
///          threshold: of one output, as of Accuracy
/// Errors   (compile time) more than 256 classes
/// Source   Cohen (1960), (1968) with weights; sklearn.metrics.cohen_kappa_score;
///          torchmetrics.CohenKappa
struct CohenKappa {
    Disagreement disagreement = Disagreement::equal;
    std::optional<float> threshold{};

    void check() const { detail::check_threshold("CohenKappa", threshold); }
    static constexpr std::string_view name = "cohen_kappa";

    template <class Y, class Target>
    struct On : ConfusionMatrix::On<Y, Target> {
        Disagreement disagreement = Disagreement::equal;

        template <class T>
        void update(CohenKappa const& metric, View<T const, Y> y, Element<T const, Target>* target,
                    T const* weight) {
            disagreement = metric.disagreement;
            ConfusionMatrix::On<Y, Target>::update(ConfusionMatrix{metric.threshold}, y, target,
                                                   weight);
        }
        double value() const { return this->confusion.kappa(disagreement); }
    };
};

} // namespace lamina
