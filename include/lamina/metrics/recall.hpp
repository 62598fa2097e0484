// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/counts.hpp>

#include <optional>
#include <string_view>

namespace lamina {

/// Of those that are, the share answered yes: one output against a threshold, or the mean over
/// several classes, each as yes against the others. 0 where there are none.
///
/// Options  threshold: above it the answer is yes, as of Accuracy; average: for several classes;
/// multi_label: each
///          of several outputs is a yes or no of its own, as the model's loss takes them if unsaid
/// Source   keras.metrics.Recall; sklearn.metrics.recall_score
struct Recall {
    Averaging average = Averaging::macro;
    std::optional<float> threshold{};
    std::optional<bool> multi_label{};

    void check() const { detail::check_threshold("Recall", threshold); }
    static constexpr std::string_view name = "recall";
    template <class Y, class Target>
    using On = CountsOn<Recall, Y, Target>;

    static constexpr double of(double hit, double, double actual) {
        return detail::ratio(hit, actual);
    }
};

} // namespace lamina
