// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>

#include <cmath>
#include <cstdint>

namespace lamina {

/// Up and down in straight lines between two rates, step_size steps each way; with `halving`, every
/// cycle reaches half as far as the one before.
///
/// Source      Smith (2017), "Cyclical learning rates for training neural networks";
///             torch.optim.lr_scheduler.CyclicLR, modes triangular and triangular2
struct Cyclical {
    double base_learning_rate = 0.001;
    double max_learning_rate = 0.01;
    std::uint64_t step_size = 2000;
    bool halving = false;

    void check() const {
        detail::Check{"Cyclical"}
            .not_negative("base_learning_rate", base_learning_rate)
            .not_negative("max_learning_rate", max_learning_rate)
            .positive("step_size", step_size);
    }
    double operator()(std::uint64_t step) const {
        if (step_size == 0) return base_learning_rate;
        std::uint64_t const cycle = step / (2 * step_size), within = step % (2 * step_size);
        std::uint64_t const up = within <= step_size ? within : 2 * step_size - within;
        double const part = static_cast<double>(up) / static_cast<double>(step_size);
        double const scale = halving ? std::pow(0.5, static_cast<double>(cycle)) : 1.0;
        return base_learning_rate + (max_learning_rate - base_learning_rate) * part * scale;
    }
    bool operator==(Cyclical const&) const = default;
};

} // namespace lamina
