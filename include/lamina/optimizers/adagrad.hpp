// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/optimizers/clip.hpp>
#include <lamina/optimizers/form.hpp>
#include <lamina/optimizers/schedule.hpp>
#include <lamina/optimizers/weight_average.hpp>

#include <cstddef>
#include <cstdint>

namespace lamina {

/// Divides the gradient by the root of the sum of all its squares:
///
///     s += g^2
///     w -= rate g / sqrt(s + epsilon)                                Keras' form
///     w -= rate g / (sqrt(s) + epsilon)                              PyTorch's form
///
/// Source      Duchi, Hazan and Singer (2011); keras.optimizers.Adagrad; torch.optim.Adagrad, whose
///             accumulator begins with 0, its epsilon is 1e-10; its lr_decay is InverseTimeDecay
struct Adagrad {
    Schedule learning_rate = 1e-3;
    double initial_accumulator_value = 0.1;
    double epsilon = 1e-7;
    double weight_decay = 0;
    Form form = Form::keras;
    Clip clip{};
    WeightAverage average{};

    static constexpr std::size_t slots = 1;
    void check() const {
        detail::Check{"optimizer"}.not_negative("initial_accumulator_value",
                                                initial_accumulator_value);
    }
    constexpr bool decoupled() const { return form == Form::keras; }
    template <class T>
    constexpr T slot_start(std::size_t) const {
        return T(initial_accumulator_value);
    }

    template <class T, class Sweep>
    void step(std::uint64_t, double rate, Sweep const& sweep) const {
        bool const keras = form == Form::keras;
        T const r = T(rate), inside = keras ? detail::epsilon_inside<T>(epsilon) : T{0};
        T const outside = keras ? T{0} : detail::epsilon_outside<T>(epsilon);
        sweep(detail::keeps<1>, [=](auto& w, auto g, auto& s) {
            using V = decltype(g);
            s = kernels::fma(g, g, s);
            w = kernels::fnma(V(r), g / (kernels::sqrt(s + V(inside)) + V(outside)), w);
        });
    }
};

} // namespace lamina
