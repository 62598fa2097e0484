// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/at_threshold.hpp>

#include <optional>
#include <string_view>

namespace lamina {

/// The largest share of what is yes that is answered so, at thresholds at which at least
/// `specificity` of what is no is answered no. 0 where there is no such threshold.
///
/// Output   probabilities, or logits
/// Options  specificity: from 0 to 1; from_logits, one_choice: as of AUC
/// Source   keras.metrics.SensitivityAtSpecificity, with its 200 thresholds
struct SensitivityAtSpecificity {
    double specificity = 0.9;
    std::optional<bool> from_logits{}, one_choice{};

    void check() const {
        detail::Check{"SensitivityAtSpecificity"}.share("specificity", specificity);
    }
    void config(auto const& out) const { out("specificity", specificity); }
    static constexpr std::string_view name = "sensitivity_at_specificity";
    template <class Y, class Target>
    using On = detail::AtThresholdOn<SensitivityAtSpecificity, Y, Target>;

    double least() const { return specificity; }
    static double bound(detail::ThresholdCounts const& c) { return c.specificity(); }
    static double best(detail::ThresholdCounts const& c) { return c.recall(); }
};

} // namespace lamina
