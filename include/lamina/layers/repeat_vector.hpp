// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/images.hpp>

#include <cstddef>

namespace lamina {

/// A vector at every moment of a sequence.
///
/// Input       Shape<Features>
/// Output      Shape<Times, Features>
/// Errors      (compile time) the input is not a vector
/// Source      keras.layers.RepeatVector
template <std::size_t Times>
struct RepeatVector {
    static constexpr bool fits = Times > 0;
    static void otherwise() { static_assert(fits, "RepeatVector<Times> takes a number above 0."); }

    void config(auto const& out) const { out("n", Times); }

    template <class In>
    struct On {
        static constexpr bool fits = In::rank == 1 && !In::integer;
        static void otherwise() {
            static_assert(fits, "RepeatVector takes a vector. Put Flatten before it.");
        }
        using Output = Shape<Times, In::last>;
        static constexpr kernels::ImageSize in{1, 1, In::last};
        static constexpr bool needs_x = false, needs_y = false;

        static void forward(auto const& c) {
            kernels::enlarge(c.threads, c.batch, in, 1, Times, c.x.data, c.y.data);
        }
        static void backward(auto const& c) {
            kernels::enlarge_dx(c.threads, c.batch, in, 1, Times, c.dy.data, c.dx.data);
        }
    };
};

} // namespace lamina
