// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

#include <cstddef>

namespace lamina {

/// The ends of a sequence reflected, the outermost moments standing once: 3 2 | 1 2 3 | 2 1.
/// ReflectionPadding1D<1> or ReflectionPadding1D<before, behind>.
///
/// Input       Shape<Time, Features>
/// Output      Shape<before + Time + behind, Features>
/// Errors      (compile time) the input is not a sequence of vectors; it is reflected further than
///             it reaches
/// Source      torch.nn.ReflectionPad1d
template <std::size_t... Numbers>
struct ReflectionPadding1D {
    static constexpr auto frame = detail::time_frame<Numbers...>();
    static constexpr bool fits = frame.stands;
    static void otherwise() {
        static_assert(fits, "ReflectionPadding1D takes one or two numbers.");
    }

    void config(auto const& out) const { detail::tell_frame("padding", frame, out); }

    template <class In>
    struct On : detail::EdgePadded<In, frame, kernels::Edge::reflected> {
        static void otherwise() {
            static_assert(On::fits, "ReflectionPadding1D takes a sequence of vectors that is "
                                    "longer than what is reflected of it.");
        }
    };
};

} // namespace lamina
