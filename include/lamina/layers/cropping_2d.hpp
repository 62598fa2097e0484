// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

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
    static constexpr auto frame = detail::image_frame<Numbers...>();
    static constexpr bool fits = frame.stands;
    static void otherwise() { static_assert(fits, "Cropping2D takes one, two or four numbers."); }

    void config(auto const& out) const {
        detail::tell_frame("cropping", frame, out);
        out("data_format", "channels_last");
    }

    template <class In>
    struct On : detail::Cropped<In, frame> {
        static void otherwise() {
            static_assert(
                On::fits,
                "Cropping2D takes an image that is larger than what is cut off. Cut off less.");
        }
    };
};

} // namespace lamina
