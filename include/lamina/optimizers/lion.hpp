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

/// Steps of one size, in the direction of the sign of a momentum:
///
///     w -= rate sign(beta_1 m + (1 - beta_1) g),  m = beta_2 m + (1 - beta_2) g
///
/// Weight decay is apart from the gradient. The rate is best three to ten times smaller than
/// Adam's, the weight decay as much larger.
///
/// Source      Chen et al. (2023), "Symbolic discovery of optimization algorithms";
///             keras.optimizers.Lion
struct Lion {
    Schedule learning_rate = 1e-3;
    double beta_1 = 0.9;
    double beta_2 = 0.99;
    double weight_decay = 0;
    Clip clip{};
    WeightAverage average{};

    static constexpr std::size_t slots = 1;

    template <class T, class Sweep>
    void step(std::uint64_t, double rate, Sweep const& sweep) const {
        T const a = T(1 - beta_1), b = T(1 - beta_2), r = T(rate);
        sweep(detail::keeps<1>, [=](auto& w, auto g, auto& m) {
            using V = decltype(g);
            V const zero(T{0}), u = detail::moved(m, g, a);
            w = w - kernels::select(u == zero, zero, kernels::copysign(V(r), u));
            m = detail::moved(m, g, b);
        });
    }
};

} // namespace lamina
