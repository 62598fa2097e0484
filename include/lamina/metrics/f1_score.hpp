// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/metrics/counts.hpp>

#include <optional>
#include <string_view>

namespace lamina {

/// The harmonic mean of precision and recall: 2 hits / (answered yes + those that are). 0 where
/// there are neither. Of several classes the answer is the first of the largest outputs, as in
/// scikit-learn; Keras' F1Score takes all that are as large for answers.
///
/// Options  threshold: above it the answer is yes; average: for several classes; multi_label: each
///          of several outputs is a yes or no of its own, as the model's loss takes them if unsaid
/// Source   keras.metrics.F1Score; sklearn.metrics.f1_score
struct F1Score {
    Averaging average = Averaging::macro;
    float threshold = 0.5f;
    std::optional<bool> multi_label{};

    void check() const { detail::Check{"F1Score"}.finite("threshold", threshold); }
    static constexpr std::string_view name = "f1_score";
    template <class Y, class Target>
    using On = CountsOn<F1Score, Y, Target>;

    static constexpr double of(double hit, double predicted, double actual) {
        return detail::ratio(2 * hit, predicted + actual);
    }
};

} // namespace lamina
