// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/rotary.hpp>
#include <lamina/layers/added_positions.hpp>

#include <algorithm>
#include <cstddef>

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

    void check() const {
        detail::Check{"SinusoidalPositionEncoding"}.positive("max_wavelength", max_wavelength);
    }

    template <class In>
    struct On : detail::AddedPositions<In> {
        static constexpr std::size_t batch_cache = In::size; // the waves

        static void forward(auto const& c) {
            kernels::sinusoidal_table(0, In::rows, In::last, double(c.layer.max_wavelength),
                                      c.batch_cache);
            On::add(c, c.batch_cache);
        }
        static void backward(auto const& c) { // dx = dy
            if (c.dx.data != c.dy.data) std::copy_n(c.dy.data, c.dy.size(), c.dx.data);
        }

        struct Step { // the wave of this moment
            using Output = Moment<In>;
            static constexpr bool in_place = true;
            static constexpr std::size_t batch_cache = In::last;
            static void forward(auto const& c) {
                kernels::sinusoidal_table(c.position, 1, In::last, double(c.layer.max_wavelength),
                                          c.batch_cache);
                On::add_moment(c, c.batch_cache);
            }
        };
    };
};

} // namespace lamina
