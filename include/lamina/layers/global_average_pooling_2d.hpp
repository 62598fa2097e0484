// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/global_pooling.hpp>

namespace lamina {

/// The mean of each channel over all pixels.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Channels>
/// Errors      (compile time) the input is not an image
/// Source      keras.layers.GlobalAveragePooling2D
struct GlobalAveragePooling2D {
    void config(auto const& out) const { out("data_format", "channels_last"); }

    template <class In>
    struct On : detail::GlobalAverage<In> {
        static constexpr bool fits = detail::is_image<In>;
        static void otherwise() {
            static_assert(fits, "GlobalAveragePooling2D takes an image. "
                                "Begin with Input<Height, Width, Channels>.");
        }
    };
};

} // namespace lamina
