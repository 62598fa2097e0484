// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/core/parameters.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/normalization.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// Divides each vector (last axis) by its root mean square: y = gamma x / sqrt(mean of x^2 +
/// epsilon). Llama's epsilon is 1e-5.
///
/// Input       any shape of numbers
/// Output      that shape
/// Parameters  gamma Shape<Features> Ones
/// Options     epsilon
/// Errors      (compile time) the input is tokens
/// Source      keras.layers.RMSNormalization; Zhang and Sennrich (2019), "Root mean square layer
///             normalization"
struct RMSNormalization {
    float epsilon = 1e-6f;

    void check() const { detail::Check{"RMSNormalization"}.not_negative("epsilon", epsilon); }

    void config(auto const& out) const {
        out("axis", -1);
        out("epsilon", epsilon);
    }

    template <class In>
    struct On {
        static constexpr bool fits = !In::integer;
        static void otherwise() {
            static_assert(fits,
                          "A normalization takes numbers, not tokens. Put Embedding before it.");
        }
        static constexpr std::size_t f = In::last;
        using Output = In;
        using Parameters = lamina::Parameters<Parameter<"gamma", Shape<f>, Ones>>;
        static constexpr bool needs_y = false, each_moment = true;
        static constexpr std::size_t cache = In::rows; // 1 / root of each vector
        static constexpr std::size_t batch_cache = f + kernels::column_sums_room<1>(f);
        static constexpr std::size_t flops = 4 * In::size;

        static void forward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            kernels::scale_rows(c.threads, c.x.rows(), kernels::few<f>, c.x.data, c.parameters()[0],
                                T(c.layer.epsilon), c.y.data, c.cache);
        }
        static void backward(auto const& c) {
            if (c.trains) {
                auto* const dgamma = c.gradients()[0];
                auto* const sums = c.batch_cache;
                kernels::scale_rows_gradients(c.threads, c.x.rows(), f, c.x.data, c.cache,
                                              c.dy.data, sums, sums + f);
                for (std::size_t j = 0; j < f; ++j) dgamma[j] += sums[j];
            }
            if (c.needs_dx)
                kernels::scale_rows_dx(c.threads, c.x.rows(), f, c.x.data, c.cache,
                                       c.parameters()[0], c.dy.data, c.dx.data);
        }
    };
};

} // namespace lamina
