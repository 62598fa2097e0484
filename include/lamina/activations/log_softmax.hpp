// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/softmax.hpp>

#include <cstddef>

namespace lamina {

/// x - log(sum exp(x)) over the last axis, the logarithm of Softmax.
///
/// Input    any shape of numbers, at least two along the last axis
/// Output   the same
/// Errors   (compile time) one number along the last axis; the input is tokens
/// Source   keras.activations.log_softmax
struct LogSoftmax {
    template <class In>
    struct On {
        static constexpr bool fits = !In::integer && In::last > 1;
        static void otherwise() {
            static_assert(!In::integer,
                          "LogSoftmax takes numbers, not indices. Put Embedding before it.");
            static_assert(In::integer || In::last > 1,
                          "LogSoftmax over one number is always 0. Give it two or more.");
        }
        using Output = In;
        static constexpr bool needs_x = false, in_place = true, each_moment = true;
        static constexpr std::size_t flops = 4 * In::size; // compare, exp, add, subtract

        static void forward(auto const& c) {
            kernels::log_softmax(c.x.rows(), In::last, c.x.data, c.y.data, c.threads);
        }
        static void backward(auto const& c) {
            kernels::log_softmax_gradient(c.x.rows(), In::last, c.y.data, c.dy.data, c.dx.data,
                                          c.threads);
        }
    };
};

} // namespace lamina
