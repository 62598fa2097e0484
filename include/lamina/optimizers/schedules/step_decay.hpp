// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>

#include <cmath>
#include <cstdint>

namespace lamina {

/// initial_learning_rate * decay_rate^k after k times `decay_steps` steps.
///
/// Source      torch.optim.lr_scheduler.StepLR; ExponentialDecay with a staircase in Keras
struct StepDecay {
    double initial_learning_rate = 0.01;
    std::uint64_t decay_steps = 1000;
    double decay_rate = 0.1;

    void check() const {
        detail::Check{"StepDecay"}
            .not_negative("initial_learning_rate", initial_learning_rate)
            .positive("decay_steps", decay_steps)
            .not_negative("decay_rate", decay_rate);
    }
    double operator()(std::uint64_t step) const {
        std::uint64_t const k = decay_steps ? step / decay_steps : 0;
        return initial_learning_rate * std::pow(decay_rate, static_cast<double>(k));
    }
    bool operator==(StepDecay const&) const = default;
};

} // namespace lamina
