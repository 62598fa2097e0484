// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/counts.hpp>

#include <optional>
#include <string_view>

namespace lamina {

/// Of those answered yes, the share that is: one output against a threshold, or the mean over
/// several classes, each as yes against the others. 0 where nothing is answered yes.
///
/// Options  threshold: above it the answer is yes, as of Accuracy; average: for several classes;
/// multi_label: each
///          of several outputs is a yes or no of its own, as the model's loss takes them if unsaid
/// Source   keras.metrics.Precision; sklearn.metrics.precision_score
struct Precision {
    Averaging average = Averaging::macro;
    std::optional<float> threshold{};
    std::optional<bool> multi_label{};

    void check() const { detail::check_threshold("Precision", threshold); }
    static constexpr std::string_view name = "precision";
    template <class Y, class Target>
    using On = CountsOn<Precision, Y, Target>;

    static constexpr double of(double hit, double predicted, double) {
        return detail::ratio(hit, predicted);
    }
};

} // namespace lamina
