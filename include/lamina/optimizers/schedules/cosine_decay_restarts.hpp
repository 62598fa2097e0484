// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/option.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace lamina {

/// Half cosines one after another, the first first_decay_steps long, each t_mul times as long as
/// the one before and m_mul times as high; none below alpha * initial_learning_rate.
///
/// Errors      (run time) t_mul is below 1
/// Source      Loshchilov and Hutter (2017), SGDR; keras.optimizers.schedules.CosineDecayRestarts;
///             PyTorch's CosineAnnealingWarmRestarts has t_mul = 1
struct CosineDecayRestarts {
    double initial_learning_rate = 0.01;
    std::uint64_t first_decay_steps = 1000;
    double t_mul = 2;
    double m_mul = 1;
    double alpha = 0;

    void check() const {
        detail::Check{"CosineDecayRestarts"}
            .not_negative("initial_learning_rate", initial_learning_rate)
            .positive("first_decay_steps", first_decay_steps)
            .finite("t_mul", t_mul)
            .not_negative("m_mul", m_mul)
            .not_negative("alpha", alpha);
        if (t_mul < 1)
            detail::refuse("CosineDecayRestarts",
                           {"t_mul is ", t_mul,
                            ". Give a number of 1 or more: ever shorter waves would end."});
    }
    double operator()(std::uint64_t step) const {
        if (first_decay_steps == 0) return initial_learning_rate;
        double const first = static_cast<double>(first_decay_steps);
        double const now = static_cast<double>(step);
        double wave = 0, done = 0; // which wave it is, and how much of it is done
        if (t_mul == 1) {
            wave = static_cast<double>(step / first_decay_steps);
            done = static_cast<double>(step % first_decay_steps) / first;
        } else {
            auto const start = [&](double k) {
                return first * (1 - std::pow(t_mul, k)) / (1 - t_mul);
            };
            wave = std::floor(std::log(1 - now / first * (1 - t_mul)) / std::log(t_mul));
            // the logarithm may be a rounding off, and a wave begins with its own first step
            if (start(wave + 1) <= now * (1 + 1e-12)) ++wave;
            if (wave > 0 && start(wave) > now * (1 + 1e-12)) --wave;
            done = std::max(0.0, (now - start(wave)) / (first * std::pow(t_mul, wave)));
        }
        double const height = std::pow(m_mul, wave) * 0.5 * (1 + std::cos(std::numbers::pi * done));
        return initial_learning_rate * ((1 - alpha) * height + alpha);
    }
    bool operator==(CosineDecayRestarts const&) const = default;
};

} // namespace lamina
