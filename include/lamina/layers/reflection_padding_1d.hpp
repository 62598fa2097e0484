// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/edge_frame.hpp>

#include <array>
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
    static_assert(detail::frames<true, Numbers...>,
                  "ReflectionPadding1D takes one or two numbers.");
    static constexpr detail::Frame sides = detail::frame_of<true, Numbers...>();

    void config(auto const& out) const { out("padding", std::array{sides.left, sides.right}); }

    template <class In>
    struct On : detail::EdgeFrame<In, 2, sides, kernels::Edge::reflected> {
        static void otherwise() {
            static_assert(On::fits, "ReflectionPadding1D takes a sequence of vectors that is "
                                    "longer than what is reflected of it.");
        }
    };
};

} // namespace lamina
