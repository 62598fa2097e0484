// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>

#include <cmath>
#include <cstdint>

namespace lamina {

/// initial_learning_rate * decay_rate^(step / decay_steps); with a staircase the exponent is whole.
///
/// Source      keras.optimizers.schedules.ExponentialDecay; PyTorch's ExponentialLR has
///             decay_steps = 1
struct ExponentialDecay {
    double initial_learning_rate = 0.01;
    std::uint64_t decay_steps = 1000;
    double decay_rate = 0.96;
    bool staircase = false;

    void check() const {
        detail::Check{"ExponentialDecay"}
            .not_negative("initial_learning_rate", initial_learning_rate)
            .positive("decay_steps", decay_steps)
            .not_negative("decay_rate", decay_rate);
    }
    double operator()(std::uint64_t step) const {
        double p = decay_steps ? static_cast<double>(step) / static_cast<double>(decay_steps) : 0;
        if (staircase) p = std::floor(p);
        return initial_learning_rate * std::pow(decay_rate, p);
    }
    bool operator==(ExponentialDecay const&) const = default;
};

} // namespace lamina
