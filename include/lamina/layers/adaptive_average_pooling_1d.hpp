// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/pooling.hpp>
#include <lamina/layers/convolution.hpp>

#include <cstddef>

namespace lamina {

/// The means of Time parts of a sequence, which are as equal as can be.
///
/// Input       Shape<Time', Features>
/// Output      Shape<Time, Features>
/// Errors      (compile time) the input is not a sequence of vectors, or shorter
/// Source      torch.nn.AdaptiveAvgPool1d; keras.layers.AdaptiveAveragePooling1D
template <std::size_t Time>
struct AdaptiveAveragePooling1D {
    void config(auto const& out) const {
        out("output_size", Time);
        out("data_format", "channels_last");
    }

    template <class In>
    struct On {
        using Plane = detail::PlaneOf<In>;
        static constexpr bool fits = In::rank == 2 && !In::integer && Plane::width >= Time;
        static void otherwise() {
            static_assert(fits,
                          "AdaptiveAveragePooling1D takes a sequence of vectors that is no smaller "
                          "than its output.");
        }
        static constexpr kernels::Windows windows{
            Plane::height, Plane::width, Plane::channels, 1, Time, 1, 1};
        using Output = detail::PlaneShape<Plane::sequence, windows.out_height, windows.out_width,
                                          Plane::channels>;
        static constexpr std::size_t flops = In::size;
        static constexpr bool needs_x = false, needs_y = false;

        static void forward(auto const& c) {
            kernels::average_parts(c.threads, windows, c.batch, c.x.data, c.y.data);
        }
        static void backward(auto const& c) {
            kernels::average_parts_dx(c.threads, windows, c.batch, c.dy.data, c.dx.data);
        }
    };
};

} // namespace lamina
