// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/optimizers/adam.hpp>
#include <lamina/optimizers/apply.hpp>
#include <lamina/optimizers/clip.hpp>
#include <lamina/optimizers/form.hpp>
#include <lamina/optimizers/schedule.hpp>
#include <lamina/optimizers/weight_average.hpp>

#include <cstddef>
#include <cstdint>

namespace lamina {

/// Adam with weight decay apart from the gradient: w -= rate weight_decay w, then Adam's step. In
/// Keras' form the same as Adam{.weight_decay}; the difference is the default.
///
/// Source      Loshchilov and Hutter (2019); keras.optimizers.AdamW; torch.optim.AdamW, whose
///             weight_decay is 0.01
struct AdamW {
    Schedule learning_rate = 1e-3;
    double weight_decay = 0.004;
    double beta_1 = 0.9;
    double beta_2 = 0.999;
    double epsilon = 1e-7;
    Form form = Form::keras;
    Clip clip{};
    WeightAverage average{};

    static constexpr std::size_t slots = 2;

    template <class T, class Sweep>
    void step(std::uint64_t t, double rate, Sweep const& sweep) const {
        detail::adam<T>(*this, t, rate, sweep);
    }
};

LAMINA_COMPILED_ONCE(AdamW);

} // namespace lamina
