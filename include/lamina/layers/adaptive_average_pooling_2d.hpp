// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/pooling.hpp>

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
    static constexpr bool fits = Height > 0 && Width > 0;
    static void otherwise() {
        static_assert(fits, "AdaptiveAveragePooling2D<Height, Width> takes numbers above 0.");
    }

    void config(auto const& out) const {
        out("output_size", std::array{Height, Width});
        out("data_format", "channels_last");
    }

    template <class In>
    struct On : detail::AveragePartsOn<In, Height, Width> {
        static constexpr bool fits =
            detail::is_image<In> && On::Plane::height >= Height && On::Plane::width >= Width;
        static void otherwise() {
            static_assert(fits, "AdaptiveAveragePooling2D takes an image that is no smaller "
                                "than its output.");
        }
    };
};

} // namespace lamina
