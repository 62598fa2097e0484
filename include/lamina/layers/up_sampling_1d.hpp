// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/images.hpp>
#include <lamina/layers/plane.hpp>

#include <cstddef>

namespace lamina {

/// Each moment Times times over.
///
/// Input       Shape<Time, Features>
/// Output      Shape<Time Times, Features>
/// Errors      (compile time) the input is not a sequence of vectors
/// Source      keras.layers.UpSampling1D
template <std::size_t Times = 2>
struct UpSampling1D {
    static constexpr bool fits = Times > 0;
    static void otherwise() { static_assert(fits, "UpSampling1D<Times> takes a number above 0."); }

    void config(auto const& out) const { out("size", Times); }

    template <class In>
    struct On {
        static constexpr bool fits = detail::is_sequence<In>;
        static void otherwise() {
            static_assert(fits, "UpSampling1D takes a sequence of vectors. Put Reshape before it.");
        }
        using Plane = detail::PlaneOf<In>;
        static constexpr kernels::ImageSize in{Plane::height, Plane::width, Plane::channels};
        using Output =
            detail::PlaneShape<Plane::sequence, in.height, in.width * Times, in.channels>;
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
