// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/pooling.hpp>

namespace lamina {

/// The largest number of each channel in windows of Kernel x Kernel pixels, side by side.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height', Width', Channels> with Height' =
///             (Height + padding - Kernel) / stride + 1; with Same, Height / stride, rounded up
/// Options     Strides<...> (else as large as the window), Same, Padding<...>: zeros are not seen
/// Errors      (compile time) the input is not an image; the window is larger than it; with
///             so much padding a window sees zeros alone
/// Source      keras.layers.MaxPooling2D
template <auto Kernel, class... Options>
struct MaxPooling2D {
    static constexpr auto where = detail::pooling_windows<false, Kernel, Options...>();

    void config(auto const& out) const {
        detail::tell_windows(where, false, false, "pool_size", out);
    }
    static_assert((detail::is_pooling_option<Options> && ...),
                  "MaxPooling2D takes Strides<...>, Same, Padding<...>.");
    static_assert(detail::sees(where.y) && detail::sees(where.x),
                  "MaxPooling2D: with so much padding a window sees zeros alone.");

    template <class In>
    struct On : decltype(detail::pooling_on<true, In, 3, where>())::type {
        static constexpr bool shaped = In::rank == 3 && !In::integer;
        static constexpr bool seen = !shaped || detail::has_windows<In, where>();
        static constexpr bool fits = shaped && seen;
        static void otherwise() {
            static_assert(shaped, "MaxPooling2D takes an image, Shape<Height, Width, Channels>. "
                                  "Put Reshape before it.");
            static_assert(seen, "MaxPooling2D: the window is larger than its input. Make it "
                                "smaller, or give Same.");
        }
    };
};

} // namespace lamina
