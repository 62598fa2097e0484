// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>

#include <cmath>
#include <cstdint>

namespace lamina {

/// initial_learning_rate / (1 + decay_rate * step / decay_steps); with a staircase the quotient is
/// whole.
///
/// Source      keras.optimizers.schedules.InverseTimeDecay; lr_decay of torch.optim.Adagrad has
///             decay_steps = 1
struct InverseTimeDecay {
    double initial_learning_rate = 0.01;
    std::uint64_t decay_steps = 1000;
    double decay_rate = 0.5;
    bool staircase = false;

    void check() const {
        detail::Check{"InverseTimeDecay"}
            .not_negative("initial_learning_rate", initial_learning_rate)
            .positive("decay_steps", decay_steps)
            .not_negative("decay_rate", decay_rate);
    }
    double operator()(std::uint64_t step) const {
        double p = decay_steps ? static_cast<double>(step) / static_cast<double>(decay_steps) : 0;
        if (staircase) p = std::floor(p);
        return initial_learning_rate / (1 + decay_rate * p);
    }
    bool operator==(InverseTimeDecay const&) const = default;
};

} // namespace lamina
