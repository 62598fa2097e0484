// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/option.hpp>
#include <lamina/optimizers/schedule.hpp>

#include <cmath>
#include <cstdint>
#include <numbers>

namespace lamina {

/// Down from initial_learning_rate to alpha times it along half a cosine, in decay_steps. With
/// warmup_steps > 0: first in a straight line from initial_learning_rate to warmup_target, from
/// where the cosine then starts.
///
/// Errors      (run time) warmup_steps without a warmup_target
/// Source      Loshchilov and Hutter (2017), SGDR; keras.optimizers.schedules.CosineDecay
struct CosineDecay {
    double initial_learning_rate = 0.01;
    std::uint64_t decay_steps = 1000;
    double alpha = 0;
    double warmup_target = 0;
    std::uint64_t warmup_steps = 0;

    void check() const {
        detail::Check{"CosineDecay"}
            .not_negative("initial_learning_rate", initial_learning_rate)
            .positive("decay_steps", decay_steps)
            .not_negative("alpha", alpha)
            .not_negative("warmup_target", warmup_target);
        if (warmup_steps > 0 && !(warmup_target > 0))
            detail::refuse("CosineDecay", {"warmup_target is 0, and there are ", warmup_steps,
                                           " warmup_steps. Give the rate that they lead to."});
    }
    double operator()(std::uint64_t step) const {
        if (step < warmup_steps)
            return initial_learning_rate + (warmup_target - initial_learning_rate) *
                                               static_cast<double>(step) /
                                               static_cast<double>(warmup_steps);
        double const top = warmup_steps ? warmup_target : initial_learning_rate;
        double const done = detail::part(static_cast<double>(step - warmup_steps),
                                         static_cast<double>(decay_steps));
        double const wave = 0.5 * (1 + std::cos(std::numbers::pi * done));
        return top * ((1 - alpha) * wave + alpha);
    }
    bool operator==(CosineDecay const&) const = default;
};

} // namespace lamina
