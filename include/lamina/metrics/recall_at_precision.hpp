// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/at_threshold.hpp>

#include <optional>
#include <string_view>

namespace lamina {

/// The largest recall at thresholds at which the precision is at least `precision`. 0 where there
/// is no such threshold.
///
/// Output   probabilities, or logits
/// Options  precision: from 0 to 1; from_logits, one_choice: as of AUC
/// Source   keras.metrics.RecallAtPrecision, with its 200 thresholds
struct RecallAtPrecision {
    double precision = 0.9;
    std::optional<bool> from_logits{}, one_choice{};

    void check() const { detail::Check{"RecallAtPrecision"}.share("precision", precision); }
    void config(auto const& out) const { out("precision", precision); }
    static constexpr std::string_view name = "recall_at_precision";
    template <class Y, class Target>
    using On = detail::AtThresholdOn<RecallAtPrecision, Y, Target>;

    double least() const { return precision; }
    static double bound(detail::ThresholdCounts const& c) { return c.precision(); }
    static double best(detail::ThresholdCounts const& c) { return c.recall(); }
};

} // namespace lamina
