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

/// Divides the gradient by the root of a moving average of its square:
///
///     v = rho v + (1 - rho) g^2;  centered: a = rho a + (1 - rho) g, and v - a^2 in place of v
///     d = g / sqrt(v + epsilon)                                      Keras' form
///     d = g / (sqrt(v) + epsilon)                                    PyTorch's form
///     w -= rate d;  with momentum: m = momentum m + rate d, w -= m (Keras'),
///                                  m = momentum m + d, w -= rate m (PyTorch's)
///
/// Source      Hinton (2012), lecture 6e; Graves (2013); keras.optimizers.RMSprop;
///             torch.optim.RMSprop, whose rho is 0.99 and epsilon 1e-8
struct RMSprop {
    Schedule learning_rate = 1e-3;
    double rho = 0.9;
    double momentum = 0;
    double epsilon = 1e-7;
    bool centered = false;
    double weight_decay = 0;
    Form form = Form::keras;
    Clip clip{};
    WeightAverage average{};

    static constexpr std::size_t slots = 3;
    constexpr bool decoupled() const { return form == Form::keras; }

    template <class T, class Sweep>
    void step(std::uint64_t, double rate, Sweep const& sweep) const {
        bool const keras = form == Form::keras;
        T const b = T(1 - rho), mu = T(momentum), r = T(rate);
        T const inside = keras ? detail::epsilon_inside<T>(epsilon) : T{0};
        T const outside = keras ? T{0} : detail::epsilon_outside<T>(epsilon);
        T const before = T(keras ? rate : 1), after = T(keras ? 1 : rate);
        // g over its root; v moves on
        auto const divided = [=](auto g, auto& v) {
            using V = decltype(g);
            v = detail::moved_square(v, g, b);
            return g / (kernels::sqrt(v + V(inside)) + V(outside));
        };
        auto const divided_centered = [=](auto g, auto& v, auto& a) {
            using V = decltype(g);
            v = detail::moved_square(v, g, b);
            a = detail::moved(a, g, b);
            // rounding may bring the difference below 0
            V const variance = kernels::max(V(T{0}), kernels::fnma(a, a, v));
            return g / (kernels::sqrt(variance + V(inside)) + V(outside));
        };
        auto const with_momentum = [=](auto& w, auto d, auto& m) {
            using V = decltype(d);
            m = kernels::fma(V(before), d, V(mu) * m);
            w = kernels::fnma(V(after), m, w);
        };
        if (momentum != 0 && centered)
            sweep(detail::keeps<3>, [=](auto& w, auto g, auto& v, auto& m, auto& a) {
                with_momentum(w, divided_centered(g, v, a), m);
            });
        else if (momentum != 0)
            sweep(detail::keeps<2>,
                  [=](auto& w, auto g, auto& v, auto& m) { with_momentum(w, divided(g, v), m); });
        else if (centered)
            sweep(detail::keeps<2>, [=](auto& w, auto g, auto& v, auto& a) {
                w = kernels::fnma(decltype(g)(r), divided_centered(g, v, a), w);
            });
        else
            sweep(detail::keeps<1>, [=](auto& w, auto g, auto& v) {
                w = kernels::fnma(decltype(g)(r), divided(g, v), w);
            });
    }
};

} // namespace lamina
