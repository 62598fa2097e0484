// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/bilinear.hpp>
#include <lamina/kernels/images.hpp>
#include <lamina/layers/options.hpp>
#include <lamina/layers/plane.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// Linearly between the centres of the pixels, in both directions: Keras' interpolation="bilinear".
struct Bilinear {};

/// Each pixel as a block of Down x Across pixels like it; with Bilinear as so many between it and
/// its neighbours, those beyond the centres of the outermost pixels like these.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height Down, Width Across, Channels>
/// Options     Bilinear: UpSampling2D<2, 2, Bilinear>
/// Errors      (compile time) the input is not an image; an option is not Bilinear
/// Source      keras.layers.UpSampling2D, interpolation "nearest" and "bilinear", which is
///             PyTorch's Upsample(mode="bilinear", align_corners=False)
template <std::size_t Down = 2, std::size_t Across = Down, class... Options>
struct UpSampling2D {
    static constexpr bool fits = Down > 0 && Across > 0;
    static void otherwise() {
        static_assert(fits, "UpSampling2D<Down, Across> takes numbers above 0.");
    }
    static_assert((std::is_same_v<Options, Bilinear> && ...), "UpSampling2D takes Bilinear.");
    static constexpr bool bilinear = detail::has_option<Bilinear, Options...>;

    void config(auto const& out) const {
        out("size", std::array{Down, Across});
        out("data_format", "channels_last");
        out("interpolation", bilinear ? "bilinear" : "nearest");
    }

    template <class In>
    struct On {
        static constexpr bool fits = detail::is_image<In>;
        static void otherwise() {
            static_assert(fits, "UpSampling2D takes an image, Shape<Height, Width, Channels>. Put "
                                "Reshape before it.");
        }
        using Plane = detail::PlaneOf<In>;
        static constexpr kernels::ImageSize in{Plane::height, Plane::width, Plane::channels};
        using Output =
            detail::PlaneShape<Plane::sequence, in.height * Down, in.width * Across, in.channels>;
        static constexpr bool needs_x = false, needs_y = false;

        template <class T>
        static constexpr std::size_t scratch = bilinear
                                                   ? kernels::bilinear_scratch(in, Down, Across)
                                                   : 0;

        static void forward(auto const& c) {
            if constexpr (bilinear)
                kernels::enlarge_bilinear(c.threads, c.batch, in, Down, Across, c.x.data, c.y.data,
                                          c.scratch);
            else kernels::enlarge(c.threads, c.batch, in, Down, Across, c.x.data, c.y.data);
        }
        static void backward(auto const& c) {
            if constexpr (bilinear)
                kernels::enlarge_bilinear_dx(c.threads, c.batch, in, Down, Across, c.dy.data,
                                             c.dx.data, c.scratch);
            else kernels::enlarge_dx(c.threads, c.batch, in, Down, Across, c.dy.data, c.dx.data);
        }
    };
};

} // namespace lamina
