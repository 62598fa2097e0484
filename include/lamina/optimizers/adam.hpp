// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/simd.hpp>
#include <lamina/optimizers/apply.hpp>
#include <lamina/optimizers/clip.hpp>
#include <lamina/optimizers/form.hpp>
#include <lamina/optimizers/moving_average.hpp>
#include <lamina/optimizers/schedule.hpp>
#include <lamina/optimizers/weight_average.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace lamina {

namespace detail {

/// Adam's step, for Adam and AdamW.
template <class T, class Options, class Sweep>
void adam(Options const& o, std::uint64_t t, double rate, Sweep const& sweep) {
    double const root = std::sqrt(detail::gathered(o.beta_2, t));
    T const a = T(1 - o.beta_1), b = T(1 - o.beta_2);
    T const r = T(rate * root / detail::gathered(o.beta_1, t));
    T const e = detail::epsilon_outside<T>(o.form == Form::keras ? o.epsilon : o.epsilon * root);
    sweep(detail::keeps<2>, [=](auto& w, auto g, auto& m, auto& v) {
        using V = decltype(g);
        m = detail::moved(m, g, a);
        v = detail::moved_square(v, g, b);
        w = kernels::fnma(V(r), m / (kernels::sqrt(v) + V(e)), w);
    });
}

} // namespace detail

/// Adam: moving averages of the gradient and of its square, corrected for having begun with 0:
///
///     m = beta_1 m + (1 - beta_1) g,  v = beta_2 v + (1 - beta_2) g^2
///     c1 = 1 - beta_1^t,  c2 = 1 - beta_2^t
///     w -= rate sqrt(c2) / c1 m / (sqrt(v) + epsilon)                Keras' form
///     w -= rate / c1 m / (sqrt(v / c2) + epsilon)                    PyTorch's form
///
/// Source      Kingma and Ba (2015); keras.optimizers.Adam; torch.optim.Adam, whose epsilon is 1e-8
struct Adam {
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
        detail::adam<T>(*this, t, rate, sweep);
    }
};

LAMINA_COMPILED_ONCE(Adam);

} // namespace lamina
