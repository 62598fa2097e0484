// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/layers/spatial_dropout.hpp>

namespace lamina {

/// Dropout of whole features: while training, a feature of a sample is 0 at every moment
/// with probability rate, else divided by 1 - rate. Does nothing at inference.
///
/// Input       Shape<Time, Features>
/// Output      that shape
/// Options     rate: the share, 0 <= rate <= 1
/// Errors      (compile time) the input is not a sequence of vectors
///             (run time) rate is not from 0 to 1
/// Source      keras.layers.SpatialDropout1D; Tompson et al. (2015), "Efficient object localization
///             using convolutional networks"
struct SpatialDropout1D {
    float rate = 0.5f;

    void check() const { detail::Check{"SpatialDropout1D"}.share("rate", rate); }

    template <class In>
    struct On : detail::SpatialDropout<In> {
        static constexpr bool each_moment = true;
        static constexpr bool fits = detail::is_sequence<In>;
        static void otherwise() {
            static_assert(fits, "SpatialDropout1D takes a sequence of vectors.");
        }
    };
};

} // namespace lamina
