// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/rotary.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// x + a fixed vector for each moment t: sin(t max_wavelength^(-2 i / Features)) at the feature
/// 2 i, the cosine at 2 i + 1.
///
/// Input       Shape<Time, Features>
/// Output      that shape
/// Options     max_wavelength: of the slowest wave, divided by 2 pi
/// Errors      (compile time) the input is no sequence of vectors
/// Source      keras_hub.layers.SinePositionEncoding with its sum; Vaswani et al. (2017),
///             section 3.5
struct SinusoidalPositionEncoding {
    float max_wavelength = 10000.0f;

    template <class In>
    struct On {
        static constexpr bool fits = In::rank == 2 && !In::integer;
        static void otherwise() {
            static_assert(fits, "A position is added to a sequence of vectors. Put Embedding or "
                                "Reshape<Time, Features> before it.");
        }
        using Output = In;
        static constexpr bool needs_x = false, needs_y = false, in_place = true;
        static constexpr std::size_t batch_cache = In::size; // the waves
        static constexpr std::size_t flops = In::size;

        static void forward(auto const& c) {
            auto* const waves = c.batch_cache;
            kernels::sinusoidal_table(0, In::rows, In::last, double(c.layer.max_wavelength), waves);
            auto const sum = [](auto a, auto b) { return a + b; };
            parallel_for(c.threads, c.batch, 16384 / In::size + 1,
                         [&](std::size_t begin, std::size_t end, std::size_t) {
                             for (std::size_t n = begin; n < end; ++n)
                                 kernels::map(In::size, c.y.sample(n), sum, c.x.sample(n), waves);
                         });
        }
        static void backward(auto const& c) { // dx = dy
            if (c.dx.data != c.dy.data) std::copy_n(c.dy.data, c.dy.size(), c.dx.data);
        }

        struct Step { // the wave of this moment
            using Output = Moment<In>;
            static constexpr bool in_place = true;
            static constexpr std::size_t batch_cache = In::last;
            static void forward(auto const& c) {
                auto* const waves = c.batch_cache;
                kernels::sinusoidal_table(c.position, 1, In::last, double(c.layer.max_wavelength),
                                          waves);
                auto const sum = [](auto a, auto b) { return a + b; };
                for (std::size_t n = 0; n < c.batch; ++n)
                    kernels::map(In::last, c.y.sample(n), sum, c.x.sample(n), waves);
            }
        };
    };
};

} // namespace lamina
