// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

#include <cstddef>

namespace lamina {

/// The edges of an image repeated: 1 1 | 1 2 3 | 3 3. ReplicationPadding2D<1>, <above and below,
/// left and right>, or <top, bottom, left, right>.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height + top + bottom, Width + left + right, Channels>
/// Errors      (compile time) the input is not an image
/// Source      torch.nn.ReplicationPad2d, whose order of sides is (left, right, top, bottom)
template <std::size_t... Numbers>
struct ReplicationPadding2D {
    static constexpr auto frame = detail::image_frame<Numbers...>();
    static constexpr bool fits = frame.stands;
    static void otherwise() {
        static_assert(fits, "ReplicationPadding2D takes one, two or four numbers.");
    }

    void config(auto const& out) const { detail::tell_frame("padding", frame, out); }

    template <class In>
    struct On : detail::EdgePadded<In, frame, kernels::Edge::repeated> {
        static void otherwise() {
            static_assert(On::fits, "ReplicationPadding2D takes an image, Shape<Height, Width, "
                                    "Channels>. Put Reshape before it.");
        }
    };
};

} // namespace lamina
