// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace lamina {

/// Half cosines one after another, the first first_decay_steps long, each t_mul times as long as
/// the one before and m_mul times as high; none below alpha * initial_learning_rate.
///
/// Source      Loshchilov and Hutter (2017), SGDR; keras.optimizers.schedules.CosineDecayRestarts;
///             PyTorch's CosineAnnealingWarmRestarts has t_mul = 1
struct CosineDecayRestarts {
    double initial_learning_rate = 0.01;
    std::uint64_t first_decay_steps = 1000;
    double t_mul = 2;
    double m_mul = 1;
    double alpha = 0;

    double operator()(std::uint64_t step) const {
        // in units of the first wave: which wave, and how much of it is done
        double done = first_decay_steps
                          ? static_cast<double>(step) / static_cast<double>(first_decay_steps)
                          : 0;
        double wave = 0;
        if (t_mul == 1) {
            wave = std::floor(done);
            done -= wave;
        } else {
            auto const start = [this](double k) { return (1 - std::pow(t_mul, k)) / (1 - t_mul); };
            wave = std::floor(std::log(1 - done * (1 - t_mul)) / std::log(t_mul));
            if (start(wave + 1) <= done) ++wave;   // the logarithm may be a rounding off
            if (wave > 0 && start(wave) > done) --wave;
            done = (done - start(wave)) / std::pow(t_mul, wave);
        }
        double const height = std::pow(m_mul, wave) * 0.5 * (1 + std::cos(std::numbers::pi * done));
        return initial_learning_rate * ((1 - alpha) * height + alpha);
    }
    bool operator==(CosineDecayRestarts const&) const = default;
};

} // namespace lamina
