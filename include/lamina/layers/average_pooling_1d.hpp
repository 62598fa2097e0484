// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/pooling.hpp>

namespace lamina {

/// The mean of each feature in windows of Kernel moments, side by side.
///
/// Input       Shape<Time, Features>
/// Output      Shape<Time', Features>, Time' = (Time + padding - reach) / stride + 1, reach =
///             (Kernel - 1) dilation + 1; with Same, Time / stride, rounded up
/// Options     Strides<N> (else as long as the window), Same, Padding<...>, Dilation<N>; CeilMode:
///             one more window at the end, if numbers are left and it begins before the zeros.
///             Zeros do not count unless CountZeros says so
/// Errors      (compile time) the input is not a sequence of vectors; the window is longer than
///             it; a window sees zeros alone
/// Source      keras.layers.AveragePooling1D; torch.nn.AvgPool1d (which counts zeros)
template <auto Kernel, class... Options>
struct AveragePooling1D {
    static constexpr auto where = detail::pooling_windows<true, Kernel, Options...>();
    static constexpr bool fits = where.stands();
    static void otherwise() {
        static_assert(fits,
                      "AveragePooling1D: the window, its strides and dilation are at least 1.");
    }

    void config(auto const& out) const {
        detail::tell_pooling(where, detail::has_option<CountZeros, Options...>, out);
    }
    static_assert((detail::is_mean_option<Options> && ...),
                  "AveragePooling1D takes Strides<...>, Same, Padding<...>, Dilation<...>, "
                  "CeilMode, CountZeros.");

    template <class In>
    struct On : detail::AveragePooling<In, where, detail::has_option<CountZeros, Options...>> {
        static void otherwise() {
            static_assert(On::shaped,
                          "AveragePooling1D takes a sequence of vectors. Put Embedding or "
                          "Reshape before it.");
            static_assert(On::seen,
                          "AveragePooling1D: the window is larger than its input. Make it "
                          "smaller, or give Same.");
            static_assert(On::inside,
                          "AveragePooling1D: a window sees nothing but the zeros around its input. "
                          "Give less Padding.");
        }
    };
};

} // namespace lamina
