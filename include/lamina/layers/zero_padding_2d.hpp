// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

#include <array>
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
    static_assert(detail::frames<false, Numbers...>,
                  "ZeroPadding2D takes one, two or four numbers.");

    void config(auto const& out) const {
        constexpr detail::Frame f = detail::frame_of<false, Numbers...>();
        out.lists("padding", 2, std::array{f.top, f.bottom, f.left, f.right});
        out("data_format", "channels_last");
    }

    template <class In>
    struct On
        : decltype(detail::framed<In, 3, detail::frame_of<false, Numbers...>(), false>())::type {
        static constexpr bool fits =
            detail::frame_fits<In, 3, detail::frame_of<false, Numbers...>(), false>();
        static void otherwise() {
            static_assert(fits, "ZeroPadding2D takes an image, Shape<Height, Width, Channels>. Put "
                                "Reshape before it.");
        }
    };
};

} // namespace lamina
