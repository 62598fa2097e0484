// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/node.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// Adds normal noise while training: y = x + stddev z, z of the standard normal distribution. Does
/// nothing at inference. The same seed gives the same noise, whatever the threads.
///
/// Input       any shape of numbers
/// Output      that shape
/// Options     stddev
/// Errors      (compile time) the input is tokens
/// Source      keras.layers.GaussianNoise
struct GaussianNoise {
    float stddev = 0.1f;

    void check() const { detail::Check{"GaussianNoise"}.not_negative("stddev", stddev); }

    template <class In>
    struct On {
        static constexpr bool fits = !In::integer;
        static void otherwise() {
            static_assert(fits, "GaussianNoise takes numbers, not tokens. Put Embedding first.");
        }
        using Output = In;
        static constexpr bool needs_x = false, needs_y = false, in_place = true;
        static constexpr bool each_moment = true;
        static constexpr std::size_t flops = 2 * In::size;

        static void forward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            if (!c.training || c.layer.stddev == 0.0f) return copy(c.x.data, c.x.size(), c.y.data);
            T const stddev = T(c.layer.stddev);
            Random const random = c.random();
            parallel_for(c.threads, c.x.size(), 1024, [&](std::size_t i, std::size_t end, auto) {
                for (; i < end; ++i) c.y[i] = c.x[i] + stddev * T(random.normal(i));
            });
        }
        static void backward(auto const& c) { copy(c.dy.data, c.dy.size(), c.dx.data); }

    private:
        static void copy(auto const* from, std::size_t n, auto* to) {
            if (from != to) std::copy_n(from, n, to);
        }
    };
};

} // namespace lamina
