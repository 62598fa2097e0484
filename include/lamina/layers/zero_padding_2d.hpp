// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

#include <cstddef>

namespace lamina {

/// Zeros around an image: ZeroPadding2D<1>, <above and below, left and right>, or
/// <top, bottom, left, right>.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height + top + bottom, Width + left + right, Channels>
/// Errors      (compile time) the input is not an image
/// Source      keras.layers.ZeroPadding2D
template <std::size_t... Numbers>
struct ZeroPadding2D {
    static constexpr auto frame = detail::image_frame<Numbers...>();
    static constexpr bool fits = frame.stands;
    static void otherwise() {
        static_assert(fits, "ZeroPadding2D takes one, two or four numbers.");
    }

    void config(auto const& out) const {
        detail::tell_frame("padding", frame, out);
        out("data_format", "channels_last");
    }

    template <class In>
    struct On : detail::ZeroPadded<In, frame> {
        static void otherwise() {
            static_assert(On::fits, "ZeroPadding2D takes an image, Shape<Height, Width, Channels>. "
                                    "Put Reshape before it.");
        }
    };
};

} // namespace lamina
