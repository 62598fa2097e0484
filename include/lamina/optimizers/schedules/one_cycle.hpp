// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>

#include <cmath>
#include <cstdint>
#include <numbers>

namespace lamina {

/// Up from max / div_factor to max_learning_rate in the first part of total_steps (pct_start), then
/// down to max / div_factor / final_div_factor; along half cosines or straight lines. In three
/// phases it comes down as fast as it went up, and only then goes on to the end.
///
/// Source      Smith and Topin (2018), "Super-convergence"; torch.optim.lr_scheduler.OneCycleLR
struct OneCycle {
    double max_learning_rate = 0.01;
    std::uint64_t total_steps = 1000;
    double pct_start = 0.3;
    double div_factor = 25;
    double final_div_factor = 1e4;
    bool linear = false;
    bool three_phase = false;

    void check() const {
        detail::Check{"OneCycle"}
            .not_negative("max_learning_rate", max_learning_rate)
            .positive("total_steps", total_steps)
            .share("pct_start", pct_start)
            .positive("div_factor", div_factor)
            .positive("final_div_factor", final_div_factor);
    }
    double operator()(std::uint64_t step) const {
        double const low = max_learning_rate / div_factor, end = low / final_div_factor;
        double const now = static_cast<double>(step), last = static_cast<double>(total_steps) - 1;
        double const up = pct_start * static_cast<double>(total_steps) - 1;
        double const down = 2 * pct_start * static_cast<double>(total_steps) - 2;
        if (now >= last) return end;
        if (now <= up) return between(low, max_learning_rate, now / up);
        if (!three_phase) return between(max_learning_rate, end, (now - up) / (last - up));
        if (now <= down) return between(max_learning_rate, low, (now - up) / (down - up));
        return between(low, end, (now - down) / (last - down));
    }
    bool operator==(OneCycle const&) const = default;

private:
    double between(double from, double to, double part) const {
        if (!(part > 0)) return from; // also when the phase has no length
        if (linear) return from + (to - from) * part;
        return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * part));
    }
};

} // namespace lamina
