// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/counts.hpp>

#include <optional>
#include <string_view>

namespace lamina {

/// The harmonic mean of precision and recall: 2 hits / (answered yes + those that are). 0 where
/// there are neither. Of several classes the answer is the first of the largest outputs, as in
/// scikit-learn; Keras' F1Score takes all that are as large for answers.
///
/// Options  threshold: above it the answer is yes, as of Accuracy; average: for several classes;
/// multi_label: each
///          of several outputs is a yes or no of its own, as the model's loss takes them if unsaid
/// Source   keras.metrics.F1Score; sklearn.metrics.f1_score
struct F1Score {
    Averaging average = Averaging::macro;
    std::optional<float> threshold{};
    std::optional<bool> multi_label{};

    void check() const { detail::check_threshold("F1Score", threshold); }
    static constexpr std::string_view name = "f1_score";
    template <class Y, class Target>
    using On = CountsOn<F1Score, Y, Target>;

    static constexpr double of(double hit, double predicted, double actual) {
        return detail::ratio(2 * hit, predicted + actual);
    }
};

} // namespace lamina
