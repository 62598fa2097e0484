// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/counts.hpp>

#include <optional>
#include <string_view>

namespace lamina {

/// The weighted harmonic mean of precision and recall, in which recall counts beta times as much,
/// beta = Numerator / Denominator: (1 + beta^2) hits / (answered yes + beta^2 those that are). 0
/// where there are neither. FBetaScore<1> is F1Score.
///
/// Options  as of F1Score
/// Source   keras.metrics.FBetaScore; sklearn.metrics.fbeta_score
template <long Numerator = 1, long Denominator = 1>
struct FBetaScore {
    static_assert(Numerator > 0 && Denominator > 0, "FBetaScore takes a beta above 0.");
    Averaging average = Averaging::macro;
    std::optional<float> threshold{};
    std::optional<bool> multi_label{};

    void check() const { detail::check_threshold("FBetaScore", threshold); }
    static constexpr std::string_view name = "fbeta_score";
    template <class Y, class Target>
    using On = CountsOn<FBetaScore, Y, Target>;

    static constexpr double of(double hit, double predicted, double actual) {
        constexpr double beta = double(Numerator) / double(Denominator), square = beta * beta;
        return detail::ratio((1 + square) * hit, predicted + square * actual);
    }
};

} // namespace lamina
