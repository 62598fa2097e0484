// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/frame.hpp>

#include <cstddef>

namespace lamina {

/// The ends of a sequence repeated: 1 1 | 1 2 3 | 3 3. ReplicationPadding1D<1> or
/// ReplicationPadding1D<before, behind>.
///
/// Input       Shape<Time, Features>
/// Output      Shape<before + Time + behind, Features>
/// Errors      (compile time) the input is not a sequence of vectors
/// Source      torch.nn.ReplicationPad1d
template <std::size_t... Numbers>
struct ReplicationPadding1D {
    static constexpr auto frame = detail::time_frame<Numbers...>();
    static constexpr bool fits = frame.stands;
    static void otherwise() {
        static_assert(fits, "ReplicationPadding1D takes one or two numbers.");
    }

    void config(auto const& out) const { detail::tell_frame("padding", frame, out); }

    template <class In>
    struct On : detail::EdgePadded<In, frame, kernels::Edge::repeated> {
        static void otherwise() {
            static_assert(On::fits, "ReplicationPadding1D takes a sequence of vectors. Put "
                                    "Embedding or Reshape before it.");
        }
    };
};

} // namespace lamina
