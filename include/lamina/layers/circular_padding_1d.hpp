// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

#include <cstddef>

namespace lamina {

/// The ends of a sequence as if it began anew behind its end: 2 3 | 1 2 3 | 1 2.
/// CircularPadding1D<1> or CircularPadding1D<before, behind>.
///
/// Input       Shape<Time, Features>
/// Output      Shape<before + Time + behind, Features>
/// Errors      (compile time) the input is not a sequence of vectors; it is repeated more than once
/// Source      torch.nn.CircularPad1d
template <std::size_t... Numbers>
struct CircularPadding1D {
    static constexpr auto frame = detail::time_frame<Numbers...>();
    static constexpr bool fits = frame.stands;
    static void otherwise() { static_assert(fits, "CircularPadding1D takes one or two numbers."); }

    void config(auto const& out) const { detail::tell_frame("padding", frame, out); }

    template <class In>
    struct On : detail::EdgePadded<In, frame, kernels::Edge::circular> {
        static void otherwise() {
            static_assert(On::fits, "CircularPadding1D takes a sequence of vectors at least as "
                                    "long as what stands before or behind it.");
        }
    };
};

} // namespace lamina
