// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/images.hpp>
#include <lamina/layers/convolution.hpp>

#include <array>
#include <cstddef>

namespace lamina {

/// Each pixel as a block of Down x Across pixels like it.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height Down, Width Across, Channels>
/// Errors      (compile time) the input is not an image
/// Source      keras.layers.UpSampling2D, interpolation "nearest"
template <std::size_t Down = 2, std::size_t Across = Down>
struct UpSampling2D {
    static_assert(Down > 0 && Across > 0, "UpSampling2D takes numbers above 0.");

    void config(auto const& out) const {
        out("size", std::array{Down, Across});
        out("data_format", "channels_last");
    }

    template <class In>
    struct On {
        static constexpr bool fits = In::rank == 3 && !In::integer;
        static void otherwise() {
            static_assert(fits, "UpSampling2D takes an image, Shape<Height, Width, Channels>. Put "
                                "Reshape before it.");
        }
        using Plane = detail::PlaneOf<In>;
        static constexpr kernels::ImageSize in{Plane::height, Plane::width, Plane::channels};
        using Output =
            detail::PlaneShape<Plane::sequence, in.height * Down, in.width * Across, in.channels>;
        static constexpr bool needs_x = false, needs_y = false;

        static void forward(auto const& c) {
            kernels::enlarge(c.threads, c.batch, in, Down, Across, c.x.data, c.y.data);
        }
        static void backward(auto const& c) {
            kernels::enlarge_dx(c.threads, c.batch, in, Down, Across, c.dy.data, c.dx.data);
        }
    };
};

} // namespace lamina
