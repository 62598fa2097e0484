// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

#include <array>
#include <cstddef>

namespace lamina {

/// Zeros before and behind a sequence: ZeroPadding1D<1> or ZeroPadding1D<before, behind>.
///
/// Input       Shape<Time, Features>
/// Output      Shape<before + Time + behind, Features>
/// Errors      (compile time) the input is not a sequence of vectors
/// Source      keras.layers.ZeroPadding1D
template <std::size_t... Numbers>
struct ZeroPadding1D {
    static_assert(detail::frames<true, Numbers...>, "ZeroPadding1D takes one or two numbers.");

    void config(auto const& out) const {
        constexpr detail::Frame f = detail::frame_of<true, Numbers...>();
        out("padding", std::array{f.left, f.right});
    }

    template <class In>
    struct On
        : decltype(detail::framed<In, 2, detail::frame_of<true, Numbers...>(), false>())::type {
        static constexpr bool fits =
            detail::frame_fits<In, 2, detail::frame_of<true, Numbers...>(), false>();
        static void otherwise() {
            static_assert(
                fits,
                "ZeroPadding1D takes a sequence of vectors. Put Embedding or Reshape before it.");
        }
    };
};

} // namespace lamina
