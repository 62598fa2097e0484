// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/optimizers/schedule.hpp>

#include <cstdint>

namespace lamina {

/// Before any other schedule: in the first `steps` steps its first rate, times a factor that grows
/// in a straight line from `from` to 1; after them the schedule as if it began there.
///
/// Source      Goyal et al. (2017), section 2.2; torch.optim.lr_scheduler.LinearLR
/// Example     WarmUp<CosineDecay>{.steps = 100, .then = {.initial_learning_rate = 0.1}};
///             before a rate that stays: WarmUp<>{.steps = 100, .then = 1e-3}
template <class Then = double>
struct WarmUp {
    std::uint64_t steps = 0;
    Then then{};
    double from = 0;

    void check() const {
        detail::Check{"WarmUp"}.not_negative("from", from);
        detail::check_options(then);
    }
    double operator()(std::uint64_t step) const {
        if (step >= steps) return rate(step - steps);
        double const part = static_cast<double>(step) / static_cast<double>(steps);
        return rate(0) * (from + (1 - from) * part);
    }
    bool operator==(WarmUp const&) const = default;

private:
    double rate(std::uint64_t step) const {
        if constexpr (requires { then(step); }) return static_cast<double>(then(step));
        else return static_cast<double>(then);
    }
};
template <class Then>
WarmUp(std::uint64_t, Then) -> WarmUp<Then>;
template <class Then>
WarmUp(std::uint64_t, Then, double) -> WarmUp<Then>;

} // namespace lamina
