// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/global_pooling.hpp>

namespace lamina {

/// The largest number of each channel over all pixels.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Channels>
/// Errors      (compile time) the input is not an image
/// Source      keras.layers.GlobalMaxPooling2D
struct GlobalMaxPooling2D {
    void config(auto const& out) const { out("data_format", "channels_last"); }

    template <class In>
    struct On : detail::GlobalMax<In> {
        static constexpr bool fits = detail::is_image<In>;
        static void otherwise() {
            static_assert(fits, "GlobalMaxPooling2D takes an image. "
                                "Begin with Input<Height, Width, Channels>.");
        }
    };
};

} // namespace lamina
