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

/// Follows the signs of the gradients of whole data sets: a weight's step grows while the sign
/// stays and shrinks when it changes, in which case the weight waits.
///
///     s *= increase if g before > 0, decrease if < 0, kept within [smallest_step, largest_step]
///     w -= sign(g) s, but not after a change of sign, which then counts as g = 0
///
/// Source      Riedmiller and Braun (1993); torch.optim.Rprop
struct Rprop {
    Schedule learning_rate = 0.01; // the first step; later steps do not depend on it
    double decrease = 0.5;
    double increase = 1.2;
    double smallest_step = 1e-6;
    double largest_step = 50;
    Clip clip{};
    WeightAverage average{};

    static constexpr std::size_t slots = 2;
    static constexpr bool first_rate_alone = true; // so no scale could act
    void check() const {
        detail::Check{"optimizer"}
            .below_one("decrease", decrease)
            .positive("increase", increase)
            .not_negative("smallest_step", smallest_step)
            .positive("largest_step", largest_step);
    }
    template <class T>
    T slot_start(std::size_t k) const {
        return k == 0 ? T{0} : T(learning_rate.rate(0));
    }

    template <class T, class Sweep>
    void step(std::uint64_t, double, Sweep const& sweep) const {
        T const less = T(decrease), more = T(increase);
        T const least = T(smallest_step), most = T(largest_step);
        sweep(detail::keeps<2>, [=](auto& w, auto g, auto& before, auto& s) {
            using V = decltype(g);
            V const zero(T{0}), product = g * before;
            auto const turned = product < zero;
            V const factor = kernels::select(product > zero, V(more), V(T{1}));
            s = s * kernels::select(turned, V(less), factor);
            s = kernels::min(V(most), kernels::max(V(least), s));
            g = kernels::select(turned, zero, g);
            w = w - kernels::select(g == zero, zero, kernels::copysign(s, g));
            before = g;
        });
    }
};

} // namespace lamina
