// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/images.hpp>
#include <lamina/layers/plane.hpp>

#include <array>
#include <cstddef>

namespace lamina {

namespace detail {

/// The channels of each pixel as blocks of Factor x Factor pixels, Height x Width of them: a change
/// of the order of the axes, whichever way it is gone.
template <class Small, std::size_t Factor>
struct PixelBlocks {
    using Plane = PlaneOf<Small>;
    static constexpr std::size_t h = Plane::height, w = Plane::width, r = Factor,
                                 channels = Plane::channels / (r * r);
    static constexpr std::array<std::size_t, 5> small{h, w, channels, r, r},
        large{h, r, w, r, channels};
    using Large = Shape<h * r, w * r, channels>;

    static void enlarge(auto const& c, auto const* x, auto* y) { // y's axes by those of x
        constexpr std::array<std::size_t, 5> from{0, 3, 1, 4, 2};
        kernels::permute<5>(c.threads, c.batch, small, from, x, y);
    }
    static void reduce(auto const& c, auto const* x, auto* y) {
        constexpr std::array<std::size_t, 5> from{0, 2, 4, 1, 3};
        kernels::permute<5>(c.threads, c.batch, large, from, x, y);
    }
};

} // namespace detail

/// A larger image of fewer channels: Factor Factor neighbouring channels of a pixel become a block
/// of Factor x Factor pixels of one channel, row by row. Behind a convolution it enlarges with
/// weights of its own, at the cost of the small image: super-resolution.
///
///     x | Conv2D<3 * 4, 3, Same>{} | PixelShuffle<2>{}      twice as large, three channels
///
/// Input       Shape<Height, Width, Channels>, Channels a multiple of Factor^2
/// Output      Shape<Height Factor, Width Factor, Channels / Factor^2>
/// Errors      (compile time) the input is not an image; its channels are no multiple
/// Source      torch.nn.PixelShuffle; ONNX's DepthToSpace of mode CRD; Shi et al. (2016),
///             "Real-time single image and video super-resolution"
template <std::size_t Factor>
struct PixelShuffle {
    static constexpr bool fits = Factor > 0;
    static void otherwise() { static_assert(fits, "PixelShuffle<Factor> takes a number above 0."); }

    void config(auto const& out) const { out("upscale_factor", Factor); }

    template <class In>
    struct On {
        static constexpr bool fits = detail::is_image<In> && In::last % (Factor * Factor) == 0;
        static void otherwise() {
            static_assert(fits, "PixelShuffle<Factor> takes an image, Shape<Height, Width, "
                                "Channels>, whose channels are a multiple of Factor^2.");
        }
        using Blocks = detail::PixelBlocks<In, Factor>;
        using Output = typename Blocks::Large;
        static constexpr bool needs_x = false, needs_y = false;

        static void forward(auto const& c) { Blocks::enlarge(c, c.x.data, c.y.data); }
        static void backward(auto const& c) { Blocks::reduce(c, c.dy.data, c.dx.data); }
    };
};

} // namespace lamina
