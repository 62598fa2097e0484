// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

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
    static constexpr auto frame = detail::time_frame<Numbers...>();
    static constexpr bool fits = frame.stands;
    static void otherwise() { static_assert(fits, "Cropping1D takes one or two numbers."); }

    void config(auto const& out) const { detail::tell_frame("cropping", frame, out); }

    template <class In>
    struct On : detail::Cropped<In, frame> {
        static void otherwise() {
            static_assert(On::fits, "Cropping1D takes a sequence of vectors that is longer than "
                                    "what is cut off. Cut off less.");
        }
    };
};

} // namespace lamina
