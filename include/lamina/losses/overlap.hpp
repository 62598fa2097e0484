// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/core/shape.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/reduce.hpp>
#include <lamina/losses/elementwise.hpp>
#include <lamina/losses/pairing.hpp>

#include <cstddef>

/// What Dice and Tversky have in common.
namespace lamina::detail {

/// How far two areas, of which y and t say how much of each number is in them, do not lie on one
/// another: 1 - both / (both + alpha (y alone) + beta (t alone) + epsilon), of the sums over the
/// whole batch. A vector's weight counts as often as it does; the loss counts as all of them.
template <class Loss, class Y>
struct OverlapLoss {
    static constexpr bool fits = !Y::integer;
    static void otherwise() { static_assert(fits, "Dice and Tversky take an output of numbers."); }
    using Target = Y;

    template <class T>
    static T value(Loss const& loss, View<T const, Y> y, T const* target, T const* weight, T* dy,
                   T total) {
        T both{0}, ys{0}, ts{0}, weights = T(y.rows());
        auto const add = [&](std::size_t n, T const* p, T const* t, T times) {
            both += times * kernels::sum(
                                nullptr, n, [](auto a, auto b) { return a * b; }, p, t);
            ys += times * kernels::sum(
                              nullptr, n, [](auto a) { return a; }, p);
            ts += times * kernels::sum(
                              nullptr, n, [](auto a) { return a; }, t);
        };
        if (!weight) add(y.size(), y.data, target, T(1));
        else {
            weights = T(0);
            for (std::size_t r = 0; r < y.rows(); ++r) {
                add(Y::last, y.data + r * Y::last, target + r * Y::last, weight[r]);
                weights += weight[r];
            }
        }
        T const alpha = T(loss.false_positives()), beta = T(loss.false_negatives()),
                rest = T(1) - alpha - beta;
        T const all = rest * both + alpha * ys + beta * ts + T(loss.epsilon());
        T const scale = share_of(total) * weights;
        if (dy) { // by y: -(t all - both (rest t + alpha)) / all^2
            T const by_target = scale * (rest * both - all) / (all * all),
                    alone = scale * alpha * both / (all * all);
            auto const slopes = [&](std::size_t from, std::size_t n, T times) {
                auto const f = [a = by_target * times, b = alone * times](auto t) {
                    using V = decltype(t);
                    return kernels::fma(V(a), t, V(b));
                };
                kernels::map(n, dy + from, f, target + from);
            };
            if (!weight) slopes(0, y.size(), T(1));
            else
                for (std::size_t r = 0; r < y.rows(); ++r) slopes(r * Y::last, Y::last, weight[r]);
        }
        return scale * (T(1) - both / all);
    }
};

/// Both take shares of an area.
template <Meaning M>
struct AfterShares {
    static constexpr bool fits = M != Meaning::number && M != Meaning::log_distribution;
    static void otherwise() {
        static_assert(fits, "Dice and Tversky take probabilities. Put Sigmoid or Softmax before "
                            "them.");
    }
};

} // namespace lamina::detail
