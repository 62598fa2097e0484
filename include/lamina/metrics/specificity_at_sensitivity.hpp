// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/at_threshold.hpp>

#include <optional>
#include <string_view>

namespace lamina {

/// The largest share of what is no that is answered so, at thresholds at which at least
/// `sensitivity` of what is yes is answered yes. 0 where there is no such threshold.
///
/// Output   probabilities, or logits
/// Options  sensitivity: from 0 to 1; from_logits, one_choice: as of AUC
/// Source   keras.metrics.SpecificityAtSensitivity, with its 200 thresholds
struct SpecificityAtSensitivity {
    double sensitivity = 0.9;
    std::optional<bool> from_logits{}, one_choice{};

    void check() const {
        detail::Check{"SpecificityAtSensitivity"}.share("sensitivity", sensitivity);
    }
    void config(auto const& out) const { out("sensitivity", sensitivity); }
    static constexpr std::string_view name = "specificity_at_sensitivity";
    template <class Y, class Target>
    using On = detail::AtThresholdOn<SpecificityAtSensitivity, Y, Target>;

    double least() const { return sensitivity; }
    static double bound(detail::ThresholdCounts const& c) { return c.recall(); }
    static double best(detail::ThresholdCounts const& c) { return c.specificity(); }
};

} // namespace lamina
