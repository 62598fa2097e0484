// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/edge_frame.hpp>

#include <array>
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
    static_assert(detail::frames<true, Numbers...>, "CircularPadding1D takes one or two numbers.");
    static constexpr detail::Frame sides = detail::frame_of<true, Numbers...>();

    void config(auto const& out) const { out("padding", std::array{sides.left, sides.right}); }

    template <class In>
    struct On : detail::EdgeFrame<In, 2, sides, kernels::Edge::circular> {
        static void otherwise() {
            static_assert(On::fits, "CircularPadding1D takes a sequence of vectors at least as "
                                    "long as what stands before or behind it.");
        }
    };
};

} // namespace lamina
