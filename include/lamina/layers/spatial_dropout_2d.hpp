// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/layers/spatial_dropout.hpp>

namespace lamina {

/// Dropout of whole channels: while training, a channel of a sample is 0 at every pixel
/// with probability rate, else divided by 1 - rate. Does nothing at inference.
///
/// Input       Shape<Height, Width, Channels>
/// Output      that shape
/// Options     rate: the share, 0 <= rate <= 1
/// Errors      (compile time) the input is not an image
///             (run time) rate is not from 0 to 1
/// Source      keras.layers.SpatialDropout2D; Tompson et al. (2015), "Efficient object localization
///             using convolutional networks"
struct SpatialDropout2D {
    float rate = 0.5f;

    void check() const { detail::Check{"SpatialDropout2D"}.share("rate", rate); }

    void config(auto const& out) const {
        out("rate", rate);
        out("data_format", "channels_last");
    }

    template <class In>
    struct On : detail::SpatialDropout<In> {
        static constexpr bool fits = detail::is_image<In>;
        static void otherwise() { static_assert(fits, "SpatialDropout2D takes an image."); }
    };
};

} // namespace lamina
