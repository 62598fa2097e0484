// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/edge_frame.hpp>

#include <array>
#include <cstddef>

namespace lamina {

/// An image that begins anew behind its edges, as a tile of a floor does: 2 3 | 1 2 3 | 1 2.
/// CircularPadding2D<1>, <above and below, left and right>, or <top, bottom, left, right>.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height + top + bottom, Width + left + right, Channels>
/// Errors      (compile time) the input is not an image; it is repeated more than once
/// Source      torch.nn.CircularPad2d, whose order of sides is (left, right, top, bottom)
template <std::size_t... Numbers>
struct CircularPadding2D {
    static_assert(detail::frames<false, Numbers...>,
                  "CircularPadding2D takes one, two or four numbers.");
    static constexpr detail::Frame sides = detail::frame_of<false, Numbers...>();

    void config(auto const& out) const {
        out.lists("padding", 2, std::array{sides.top, sides.bottom, sides.left, sides.right});
    }

    template <class In>
    struct On : detail::EdgeFrame<In, 3, sides, kernels::Edge::circular> {
        static void otherwise() {
            static_assert(On::fits, "CircularPadding2D takes an image, Shape<Height, Width, "
                                    "Channels>, as large as its frame at least.");
        }
    };
};

} // namespace lamina
