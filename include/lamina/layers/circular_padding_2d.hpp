// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

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
    static constexpr auto frame = detail::image_frame<Numbers...>();
    static constexpr bool fits = frame.stands;
    static void otherwise() {
        static_assert(fits, "CircularPadding2D takes one, two or four numbers.");
    }

    void config(auto const& out) const { detail::tell_frame("padding", frame, out); }

    template <class In>
    struct On : detail::EdgePadded<In, frame, kernels::Edge::circular> {
        static void otherwise() {
            static_assert(On::fits, "CircularPadding2D takes an image, Shape<Height, Width, "
                                    "Channels>, as large as its frame at least.");
        }
    };
};

} // namespace lamina
