// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

#include <array>
#include <cstddef>

namespace lamina {

/// A sequence without its ends: Cropping1D<1> or Cropping1D<before, behind>.
///
/// Input       Shape<Time, Features>
/// Output      Shape<Time - before - behind, Features>
/// Errors      (compile time) the input is not a sequence of vectors; nothing would be left of it
/// Source      keras.layers.Cropping1D
template <std::size_t... Numbers>
struct Cropping1D {
    static_assert(detail::frames<true, Numbers...>, "Cropping1D takes one or two numbers.");

    void config(auto const& out) const {
        constexpr detail::Frame f = detail::frame_of<true, Numbers...>();
        out("cropping", std::array{f.left, f.right});
    }

    template <class In>
    struct On
        : decltype(detail::framed<In, 2, detail::frame_of<true, Numbers...>(), true>())::type {
        static constexpr bool fits =
            detail::frame_fits<In, 2, detail::frame_of<true, Numbers...>(), true>();
        static void otherwise() {
            static_assert(fits, "Cropping1D takes a sequence of vectors that is longer than what "
                                "is cut off. Cut off less.");
        }
    };
};

} // namespace lamina
