// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/reduce.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// y = x, and l1 |x| + l2 x^2 for each number of the batch is added to the loss. As in Keras 3 it
/// is a sum: it grows with the batch, which Keras 2 divided by.
///
/// Input       any shape of numbers
/// Output      that shape
/// Options     l1, l2
/// Errors      (compile time) the input is tokens
/// Source      keras.layers.ActivityRegularization; keras/src/layers/layer.py, Layer.__call__
struct ActivityRegularization {
    float l1 = 0.0f, l2 = 0.0f;

    void check() const {
        detail::Check{"ActivityRegularization"}.not_negative("l1", l1).not_negative("l2", l2);
    }

    template <class In>
    struct On {
        static constexpr bool fits = !In::integer;
        static void otherwise() {
            static_assert(fits, "ActivityRegularization takes numbers, not tokens. Put Embedding "
                                "before it.");
        }
        using Output = In;
        static constexpr bool needs_x = false, in_place = true, each_moment = true;
        static constexpr std::size_t flops = 4 * In::size;

        static void forward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            if (c.x.data != c.y.data) std::copy_n(c.x.data, c.x.size(), c.y.data);
            if (!c.call.loss) return;
            T const l1 = T(c.layer.l1), l2 = T(c.layer.l2);
            auto const penalty = [&](auto x) {
                using V = decltype(x);
                return kernels::fma(V(l2), x * x, V(l1) * kernels::abs(x));
            };
            c.add_loss(kernels::sum(c.threads, c.x.size(), penalty, c.x.data));
        }
        static void backward(auto const& c) { // dx = dy + l1 sign(y) + 2 l2 y
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            T const l1 = T(c.layer.l1), twice_l2 = T{2} * T(c.layer.l2);
            auto const slope = [&](auto dy, auto y) {
                using V = decltype(y);
                V const zero(T{0});
                V const sign = kernels::select(y == zero, zero, kernels::copysign(V(l1), y));
                return dy + kernels::fma(V(twice_l2), y, sign);
            };
            T const* const y = c.y.data;
            kernels::map(c.threads, c.dy.size(), c.dx.data, slope, c.dy.data, y);
        }
    };
};

} // namespace lamina
