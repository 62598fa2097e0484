// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/pooling.hpp>

namespace lamina {

/// The mean of each channel in windows of Kernel x Kernel pixels, side by side.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height', Width', Channels>, Height' = (Height + padding - reach) / stride + 1,
///             reach = (Kernel - 1) dilation + 1; with Same, Height / stride, rounded up
/// Options     Strides<...> (else as large as the window), Same, Padding<...>, Dilation<...>;
///             CeilMode: one more window at the end, if numbers are left and it begins before the
///             zeros. Zeros do not count unless CountZeros says so
/// Errors      (compile time) the input is not an image; the window is larger than it; a window
///             sees zeros alone
/// Source      keras.layers.AveragePooling2D; torch.nn.AvgPool2d (which counts zeros)
template <auto Kernel, class... Options>
struct AveragePooling2D {
    static constexpr auto where = detail::pooling_windows<false, Kernel, Options...>();
    static constexpr bool fits = where.stands();
    static void otherwise() {
        static_assert(fits,
                      "AveragePooling2D: the window, its strides and dilation are at least 1.");
    }

    void config(auto const& out) const {
        detail::tell_pooling(where, detail::has_option<CountZeros, Options...>, out);
    }
    static_assert((detail::is_mean_option<Options> && ...),
                  "AveragePooling2D takes Strides<...>, Same, Padding<...>, Dilation<...>, "
                  "CeilMode, CountZeros.");

    template <class In>
    struct On : detail::AveragePooling<In, where, detail::has_option<CountZeros, Options...>> {
        static void otherwise() {
            static_assert(On::shaped, "AveragePooling2D takes an image, Shape<Height, Width, "
                                      "Channels>. Put Reshape before it.");
            static_assert(On::seen,
                          "AveragePooling2D: the window is larger than its input. Make it "
                          "smaller, or give Same.");
            static_assert(On::inside,
                          "AveragePooling2D: a window sees nothing but the zeros around its input. "
                          "Give less Padding.");
        }
    };
};

} // namespace lamina
