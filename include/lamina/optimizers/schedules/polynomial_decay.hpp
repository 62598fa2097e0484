// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/optimizers/schedule.hpp>

#include <cmath>
#include <cstdint>

namespace lamina {

/// From initial_learning_rate down to end_learning_rate in decay_steps: end + (initial - end) (1 -
/// step / decay_steps)^power. With `cycle`, whenever the end is reached, decay_steps becomes the
/// next multiple of itself.
///
/// Source      keras.optimizers.schedules.PolynomialDecay; torch.optim.lr_scheduler.PolynomialLR
///             has end_learning_rate = 0
struct PolynomialDecay {
    double initial_learning_rate = 0.01;
    std::uint64_t decay_steps = 1000;
    double end_learning_rate = 1e-4;
    double power = 1;
    bool cycle = false;

    void check() const {
        detail::Check{"PolynomialDecay"}
            .not_negative("initial_learning_rate", initial_learning_rate)
            .positive("decay_steps", decay_steps)
            .not_negative("end_learning_rate", end_learning_rate)
            .not_negative("power", power);
    }
    double operator()(std::uint64_t step) const {
        double const now = static_cast<double>(step);
        double whole = static_cast<double>(decay_steps);
        if (cycle && step > 0 && decay_steps > 0) whole *= std::ceil(now / whole);
        double const left = 1 - detail::part(now, whole);
        return (initial_learning_rate - end_learning_rate) * std::pow(left, power) +
               end_learning_rate;
    }
    bool operator==(PolynomialDecay const&) const = default;
};

} // namespace lamina
