// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

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
    static constexpr auto frame = detail::time_frame<Numbers...>();
    static constexpr bool fits = frame.stands;
    static void otherwise() { static_assert(fits, "ZeroPadding1D takes one or two numbers."); }

    void config(auto const& out) const { detail::tell_frame("padding", frame, out); }

    template <class In>
    struct On : detail::ZeroPadded<In, frame> {
        static void otherwise() {
            static_assert(
                On::fits,
                "ZeroPadding1D takes a sequence of vectors. Put Embedding or Reshape before it.");
        }
    };
};

} // namespace lamina
