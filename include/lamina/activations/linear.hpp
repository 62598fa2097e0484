// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>

namespace lamina {

/// y = x.
///
/// Source   keras.activations.linear
struct Linear {
    static constexpr bool from_output = true;
    template <class In>
    using On = Elementwise<Linear, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return x;
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V) const {
        return V(1);
    }
};

} // namespace lamina
