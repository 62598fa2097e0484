// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

#include <cstddef>

namespace lamina {

/// The edges of an image reflected, the outermost pixels standing once: 3 2 | 1 2 3 | 2 1.
/// ReflectionPadding2D<1>, <above and below, left and right>, or <top, bottom, left, right>.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height + top + bottom, Width + left + right, Channels>
/// Errors      (compile time) the input is not an image; it is reflected further than it reaches
/// Source      torch.nn.ReflectionPad2d, whose order of sides is (left, right, top, bottom)
template <std::size_t... Numbers>
struct ReflectionPadding2D {
    static constexpr auto frame = detail::image_frame<Numbers...>();
    static constexpr bool fits = frame.stands;
    static void otherwise() {
        static_assert(fits, "ReflectionPadding2D takes one, two or four numbers.");
    }

    void config(auto const& out) const { detail::tell_frame("padding", frame, out); }

    template <class In>
    struct On : detail::EdgePadded<In, frame, kernels::Edge::reflected> {
        static void otherwise() {
            static_assert(On::fits, "ReflectionPadding2D takes an image, Shape<Height, Width, "
                                    "Channels>, larger than what is reflected of it.");
        }
    };
};

} // namespace lamina
