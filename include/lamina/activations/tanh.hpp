// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/math.hpp>

namespace lamina {

/// The hyperbolic tangent.
///
/// Source   keras.activations.tanh
struct Tanh {
    static constexpr bool from_output = true;
    template <class In>
    using On = Elementwise<Tanh, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return kernels::tanh(x);
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V y) const {
        return kernels::fnma(y, y, V(1));
    }
};

} // namespace lamina
