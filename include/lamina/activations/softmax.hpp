// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/softmax.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// exp(x) / sum exp(x) over the last axis: numbers above 0 that sum to 1.
///
/// Input    any shape of numbers, at least two along the last axis
/// Output   the same
/// Errors   (compile time) one number along the last axis; the input is tokens
/// Source   keras.layers.Softmax; Bridle (1990)
struct Softmax {
    void config(auto const& out) const { out("axis", -1); }

    template <class In>
    struct On {
        static constexpr bool fits = !In::integer && In::last > 1;
        static void otherwise() {
            static_assert(!In::integer,
                          "Softmax takes numbers, not indices. Put Embedding before it.");
            static_assert(In::integer || In::last > 1,
                          "Softmax over one number is always 1. Use Sigmoid.");
        }
        using Output = In;
        static constexpr bool needs_x = false, in_place = true, each_moment = true;
        static constexpr std::size_t flops = 4 * In::size; // compare, exp, add, divide

        static void forward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            if constexpr (In::last <= 4 * kernels::lanes<T>)
                kernels::softmax<In::last>(c.x.rows(), c.x.data, c.y.data, c.threads);
            else kernels::softmax(c.x.rows(), In::last, c.x.data, c.y.data, c.threads);
        }
        static void backward(auto const& c) {
            kernels::softmax_gradient(c.x.rows(), In::last, c.y.data, c.dy.data, c.dx.data,
                                      c.threads);
        }
    };
};

} // namespace lamina
