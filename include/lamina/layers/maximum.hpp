// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/merge.hpp>

#include <cstddef>

namespace lamina {

/// The largest of its inputs, number by number: join(a, b) | Maximum{}. Of several that are as
/// large the first has the gradient.
///
/// Input       two or more nodes of one shape
/// Output      that shape
/// Mask        as of Add. Keras 3 leaves moments that an input has masked out of that input's part
///             in y; here they are seen as they are (zeros behind Masking)
/// Errors      (compile time) the shapes differ (nothing is broadcast); there is one input only;
///             tokens
/// Source      keras.layers.Maximum
struct Maximum : detail::Extreme<true> {
    template <class... In>
    struct On : detail::Merge<Maximum, In...> {
        using From = detail::Merge<Maximum, In...>;
        static constexpr bool fits = From::fits;
        static void otherwise() {
            static_assert(fits, "Maximum takes inputs of one shape. Give them the same with Dense, "
                                "RepeatVector or Reshape.");
        }
    };
};

} // namespace lamina
