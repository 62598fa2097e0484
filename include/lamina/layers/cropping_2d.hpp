// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

#include <array>
#include <cstddef>

namespace lamina {

/// An image without its edges: Cropping2D<1>, <above and below, left and right>, or
/// <top, bottom, left, right>.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height - top - bottom, Width - left - right, Channels>
/// Errors      (compile time) the input is not an image; nothing would be left of it
/// Source      keras.layers.Cropping2D
template <std::size_t... Numbers>
struct Cropping2D {
    static_assert(detail::frames<false, Numbers...>, "Cropping2D takes one, two or four numbers.");

    void config(auto const& out) const {
        constexpr detail::Frame f = detail::frame_of<false, Numbers...>();
        out.lists("cropping", 2, std::array{f.top, f.bottom, f.left, f.right});
        out("data_format", "channels_last");
    }

    template <class In>
    struct On
        : decltype(detail::framed<In, 3, detail::frame_of<false, Numbers...>(), true>())::type {
        static constexpr bool fits =
            detail::frame_fits<In, 3, detail::frame_of<false, Numbers...>(), true>();
        static void otherwise() {
            static_assert(
                fits,
                "Cropping2D takes an image that is larger than what is cut off. Cut off less.");
        }
    };
};

} // namespace lamina
