// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/at_threshold.hpp>

#include <optional>
#include <string_view>

namespace lamina {

/// The largest precision at thresholds at which the recall is at least `recall`. 0 where there is
/// no such threshold.
///
/// Output   probabilities, or logits
/// Options  recall: from 0 to 1; from_logits, one_choice: as of AUC
/// Source   keras.metrics.PrecisionAtRecall, with its 200 thresholds
struct PrecisionAtRecall {
    double recall = 0.9;
    std::optional<bool> from_logits{}, one_choice{};

    void check() const { detail::Check{"PrecisionAtRecall"}.share("recall", recall); }
    void config(auto const& out) const { out("recall", recall); }
    static constexpr std::string_view name = "precision_at_recall";
    template <class Y, class Target>
    using On = detail::AtThresholdOn<PrecisionAtRecall, Y, Target>;

    double least() const { return recall; }
    static double bound(detail::ThresholdCounts const& c) { return c.recall(); }
    static double best(detail::ThresholdCounts const& c) { return c.precision(); }
};

} // namespace lamina
