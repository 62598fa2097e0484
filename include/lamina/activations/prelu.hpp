// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/initializers.hpp>
#include <lamina/core/parameters.hpp>
#include <lamina/core/shape.hpp>
#include <lamina/kernels/prelu.hpp>

#include <cstddef>

namespace lamina {

/// Leaky ReLU that learns its slopes: x for x > 0, alpha x otherwise, one alpha for each feature of
/// the last axis.
///
/// Input       any shape of numbers
/// Output      the same
/// Parameters  alpha Shape<features of the last axis>  Zeros
/// Errors      (compile time) the input is tokens
/// Source      keras.layers.PReLU with all axes but the last in shared_axes; He et al. (2015)
struct PReLU {
    template <class In>
    struct On {
        static constexpr std::size_t f = In::last;
        static constexpr bool fits = !In::integer;
        static void otherwise() {
            static_assert(fits, "PReLU takes numbers, not indices. Put Embedding before it.");
        }
        using Output = In;
        using Parameters = lamina::Parameters<Parameter<"alpha", Shape<f>, Zeros>>;
        static constexpr bool needs_y = false, in_place = true, each_moment = true;
        static constexpr std::size_t batch_cache = kernels::prelu_room(f);
        static constexpr std::size_t flops = In::size;

        static void forward(auto const& c) {
            auto const [alpha] = c.parameters();
            kernels::prelu(c.x.rows(), kernels::few<f>, c.x.data, alpha, c.y.data, c.threads);
        }
        static void backward(auto const& c) {
            auto const [alpha] = c.parameters();
            auto const [dalpha] = c.gradients();
            if (c.trains) // first, as dx may lie where dy lies
                kernels::prelu_dalpha(c.x.rows(), f, c.x.data, c.dy.data, dalpha, c.batch_cache,
                                      c.threads);
            if (c.needs_dx)
                kernels::prelu_dx(c.x.rows(), f, c.x.data, alpha, c.dy.data, c.dx.data, c.threads);
        }
    };
};

} // namespace lamina
