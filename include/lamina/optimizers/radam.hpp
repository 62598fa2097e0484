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

/// Adam whose first steps do without the second average until that is worth trusting:
///
///     m = beta_1 m + (1 - beta_1) g,  v = beta_2 v + (1 - beta_2) g^2
///     rho_inf = 2 / (1 - beta_2) - 1,  rho = rho_inf - 2 t beta_2^t / (1 - beta_2^t)
///     rho > 5:  w -= rate / c1 m l / (sqrt(v) + epsilon), l = sqrt(1 - beta_2^t) times
///               sqrt((rho - 4) (rho - 2) rho_inf / ((rho_inf - 4) (rho_inf - 2) rho))
///     else      w -= rate / c1 m
///
/// Keras has none; epsilon is Keras' for Adam. The form decides about weight_decay alone.
///
/// Source      Liu et al. (2020); torch.optim.RAdam, whose epsilon is 1e-8
struct RAdam {
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
        double const c2 = detail::gathered(beta_2, t), rate_1 = rate / detail::gathered(beta_1, t);
        double const most = 2 / (1 - beta_2) - 1;
        double const rho = most - 2 * static_cast<double>(t) * (1 - c2) / c2;
        bool const trusted = rho > 5;
        double const rectified =
            trusted ? std::sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho) * c2)
                    : 0;
        T const a = T(1 - beta_1), b = T(1 - beta_2), e = detail::epsilon_outside<T>(epsilon);
        T const r = T(trusted ? rate_1 * rectified : rate_1);
        sweep(detail::keeps<2>, [=](auto& w, auto g, auto& m, auto& v) {
            using V = decltype(g);
            m = detail::moved(m, g, a);
            v = detail::moved_square(v, g, b);
            V const divisor = trusted ? kernels::sqrt(v) + V(e) : V(T{1});
            w = kernels::fnma(V(r), m / divisor, w);
        });
    }
};

} // namespace lamina
