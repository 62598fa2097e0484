// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/pooling.hpp>
#include <lamina/layers/convolution.hpp>

#include <array>
#include <cstddef>

namespace lamina {

/// The means of Height x Width parts of an image, which are as equal as can be.
///
/// Input       Shape<Height', Width', Channels>
/// Output      Shape<Height, Width, Channels>
/// Errors      (compile time) the input is not an image, or smaller
/// Source      torch.nn.AdaptiveAvgPool2d; keras.layers.AdaptiveAveragePooling2D
template <std::size_t Height, std::size_t Width = Height>
struct AdaptiveAveragePooling2D {
    void config(auto const& out) const {
        out("output_size", std::array{Height, Width});
        out("data_format", "channels_last");
    }

    template <class In>
    struct On {
        using Plane = detail::PlaneOf<In>;
        static constexpr bool fits =
            In::rank == 3 && !In::integer && Plane::height >= Height && Plane::width >= Width;
        static void otherwise() {
            static_assert(fits, "AdaptiveAveragePooling2D takes an image that is no smaller "
                                "than its output.");
        }
        static constexpr kernels::Windows windows{
            Plane::height, Plane::width, Plane::channels, Height, Width, 1, 1};
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
