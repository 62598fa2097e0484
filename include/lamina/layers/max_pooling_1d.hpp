// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/pooling.hpp>

namespace lamina {

/// The largest number of each feature in windows of Kernel moments, side by side.
///
/// Input       Shape<Time, Features>
/// Output      Shape<Time', Features>, Time' = (Time + padding - Kernel) / stride + 1; with Same,
///             Time / stride, rounded up
/// Options     Strides<N> (else as long as the window), Same, Padding<...>: zeros are not seen
/// Errors      (compile time) the input is not a sequence of vectors; the window is longer than it;
///             with so much padding a window sees zeros alone
/// Source      keras.layers.MaxPooling1D
template <auto Kernel, class... Options>
struct MaxPooling1D {
    static constexpr auto where = detail::pooling_windows<true, Kernel, Options...>();

    void config(auto const& out) const {
        detail::tell_windows(where, true, false, "pool_size", out);
    }
    static_assert((detail::is_pooling_option<Options> && ...),
                  "MaxPooling1D takes Strides<...>, Same, Padding<...>.");
    static_assert(detail::sees(where.y) && detail::sees(where.x),
                  "MaxPooling1D: with so much padding a window sees zeros alone.");

    template <class In>
    struct On : decltype(detail::pooling_on<true, In, 2, where>())::type {
        static constexpr bool shaped = In::rank == 2 && !In::integer;
        static constexpr bool seen = !shaped || detail::has_windows<In, where>();
        static constexpr bool fits = shaped && seen;
        static void otherwise() {
            static_assert(
                shaped,
                "MaxPooling1D takes a sequence of vectors. Put Embedding or Reshape before it.");
            static_assert(seen, "MaxPooling1D: the window is larger than its input. Make it "
                                "smaller, or give Same.");
        }
    };
};

} // namespace lamina
