// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/simd.hpp>
#include <lamina/optimizers/clip.hpp>
#include <lamina/optimizers/form.hpp>
#include <lamina/optimizers/moving_average.hpp>
#include <lamina/optimizers/schedule.hpp>
#include <lamina/optimizers/weight_average.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace lamina {

/// Adam whose second average never falls: with Adam's m, v, c1 and c2,
///
///     u = max(u, v)
///     w -= rate sqrt(c2) / c1 m / (sqrt(u) + epsilon)                Keras' form
///     w -= rate / c1 m / (sqrt(u / c2) + epsilon)                    PyTorch's form
///
/// Weight decay is apart from the gradient in either form, as in AdamW.
///
/// Source      Reddi, Kale and Kumar (2018); amsgrad = True of Adam and AdamW in Keras and PyTorch
struct AMSGrad {
    Schedule learning_rate = 1e-3;
    double beta_1 = 0.9;
    double beta_2 = 0.999;
    double epsilon = 1e-7;
    double weight_decay = 0;
    Form form = Form::keras;
    Clip clip{};
    WeightAverage average{};

    static constexpr std::size_t slots = 3;

    template <class T, class Sweep>
    void step(std::uint64_t t, double rate, Sweep const& sweep) const {
        double const root = std::sqrt(detail::gathered(beta_2, t));
        T const a = T(1 - beta_1), b = T(1 - beta_2);
        T const r = T(rate * root / detail::gathered(beta_1, t));
        T const e = detail::epsilon_outside<T>(form == Form::keras ? epsilon : epsilon * root);
        sweep(detail::keeps<3>, [=](auto& w, auto g, auto& m, auto& v, auto& u) {
            using V = decltype(g);
            m = detail::moved(m, g, a);
            v = detail::moved_square(v, g, b);
            u = kernels::max(u, v);
            w = kernels::fnma(V(r), m / (kernels::sqrt(u) + V(e)), w);
        });
    }
};

} // namespace lamina
