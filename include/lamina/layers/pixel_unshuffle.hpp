// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/layers/pixel_shuffle.hpp>
#include <lamina/layers/plane.hpp>

#include <cstddef>

namespace lamina {

/// PixelShuffle the other way: each block of Factor x Factor pixels becomes one pixel with Factor^2
/// as many channels. Nothing is lost, as it is by pooling.
///
/// Input       Shape<Height, Width, Channels>, Height and Width multiples of Factor
/// Output      Shape<Height / Factor, Width / Factor, Channels Factor^2>
/// Errors      (compile time) the input is not an image; its height or width is no multiple
/// Source      torch.nn.PixelUnshuffle; Shi et al. (2016), "Real-time single image and video
///             super-resolution"
template <std::size_t Factor>
struct PixelUnshuffle {
    static constexpr bool fits = Factor > 0;
    static void otherwise() {
        static_assert(fits, "PixelUnshuffle<Factor> takes a number above 0.");
    }

    void config(auto const& out) const { out("downscale_factor", Factor); }

    template <class In>
    struct On {
        using Plane = detail::PlaneOf<In>;
        static constexpr bool fits =
            detail::is_image<In> && Plane::height % Factor == 0 && Plane::width % Factor == 0;
        static void otherwise() {
            static_assert(fits, "PixelUnshuffle<Factor> takes an image, Shape<Height, Width, "
                                "Channels>, whose height and width are multiples of Factor.");
        }
        using Output =
            Shape<Plane::height / Factor, Plane::width / Factor, Plane::channels * Factor * Factor>;
        using Blocks = detail::PixelBlocks<Output, Factor>;
        static constexpr bool needs_x = false, needs_y = false;

        static void forward(auto const& c) { Blocks::reduce(c, c.x.data, c.y.data); }
        static void backward(auto const& c) { Blocks::enlarge(c, c.dy.data, c.dx.data); }
    };
};

} // namespace lamina
