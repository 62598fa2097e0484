// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/confusion_matrix.hpp>

#include <optional>
#include <string_view>

namespace lamina {

/// Matthews' correlation of truth and answer, of any number of classes: 1 where all is right, about
/// 0 for guesses, however unequal the classes are; 0 where all answers, or all truths, are the
/// same.
///
/// Options  threshold: of one output, as of Accuracy
/// Errors   (compile time) more than 256 classes
/// Source   Gorodkin (2004); sklearn.metrics.matthews_corrcoef; torchmetrics.MatthewsCorrCoef
struct MatthewsCorrelation {
    std::optional<float> threshold{};

    void check() const { detail::check_threshold("MatthewsCorrelation", threshold); }
    static constexpr std::string_view name = "matthews_correlation";

    template <class Y, class Target>
    struct On : ConfusionMatrix::On<Y, Target> {
        template <class T>
        void update(MatthewsCorrelation const& metric, View<T const, Y> y,
                    Element<T const, Target>* target, T const* weight) {
            ConfusionMatrix::On<Y, Target>::update(ConfusionMatrix{metric.threshold}, y, target,
                                                   weight);
        }
        double value() const { return this->confusion.matthews(); }
    };
};

} // namespace lamina
