// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/simd.hpp>
#include <lamina/optimizers/clip.hpp>
#include <lamina/optimizers/form.hpp>
#include <lamina/optimizers/moving_average.hpp>
#include <lamina/optimizers/schedule.hpp>
#include <lamina/optimizers/weight_average.hpp>

#include <cstddef>
#include <cstdint>

namespace lamina {

/// Steps in the weights' own unit: the root mean square of past steps over that of past gradients.
///
///     v = rho v + (1 - rho) g^2
///     d = sqrt(u + epsilon) / sqrt(v + epsilon) g
///     u = rho u + (1 - rho) d^2,  w -= rate d
///
/// The form decides about weight_decay alone.
///
/// Source      Zeiler (2012), where the rate is 1; keras.optimizers.Adadelta;
///             torch.optim.Adadelta, whose rho is 0.9, epsilon 1e-6 and learning_rate 1
struct Adadelta {
    Schedule learning_rate = 1e-3;
    double rho = 0.95;
    double epsilon = 1e-7;
    double weight_decay = 0;
    Form form = Form::keras;
    Clip clip{};
    WeightAverage average{};

    static constexpr std::size_t slots = 2;
    constexpr bool decoupled() const { return form == Form::keras; }

    template <class T, class Sweep>
    void step(std::uint64_t, double rate, Sweep const& sweep) const {
        T const b = T(1 - rho), r = T(rate), e = detail::epsilon_inside<T>(epsilon);
        sweep(detail::keeps<2>, [=](auto& w, auto g, auto& v, auto& u) {
            using V = decltype(g);
            v = detail::moved_square(v, g, b);
            V const d = kernels::sqrt((u + V(e)) / (v + V(e))) * g;
            u = detail::moved_square(u, d, b);
            w = kernels::fnma(V(r), d, w);
        });
    }
};

} // namespace lamina
