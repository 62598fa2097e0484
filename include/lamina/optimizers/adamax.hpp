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

/// Adam with the largest gradient in place of the mean square:
///
///     m = beta_1 m + (1 - beta_1) g
///     u = max(beta_2 u, |g|)
///     w -= rate / (1 - beta_1^t) m / (u + epsilon)
///
/// In PyTorch's form u = max(beta_2 u, |g| + epsilon), and m is divided by u alone.
///
/// Source      Kingma and Ba (2015), section 7.1; keras.optimizers.Adamax; torch.optim.Adamax
struct Adamax {
    Schedule learning_rate = 1e-3;
    double beta_1 = 0.9;
    double beta_2 = 0.999;
    double epsilon = 1e-7;
    double weight_decay = 0;
    Form form = Form::keras;
    Clip clip{};
    WeightAverage average{};

    static constexpr std::size_t slots = 2;
    constexpr bool decoupled() const { return form == Form::keras; }

    template <class T, class Sweep>
    void step(std::uint64_t t, double rate, Sweep const& sweep) const {
        T const a = T(1 - beta_1), b = T(beta_2), r = T(rate / detail::gathered(beta_1, t));
        T const e = detail::epsilon_outside<T>(epsilon);
        T const outside = form == Form::keras ? e : T{0}, inside = form == Form::keras ? T{0} : e;
        sweep(detail::keeps<2>, [=](auto& w, auto g, auto& m, auto& u) {
            using V = decltype(g);
            m = detail::moved(m, g, a);
            u = kernels::max(V(b) * u, kernels::abs(g) + V(inside));
            w = kernels::fnma(V(r), m / (u + V(outside)), w);
        });
    }
};

} // namespace lamina
