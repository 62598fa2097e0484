// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/math.hpp>

namespace lamina {

/// 1 / (1 + e^-x).
///
/// Source   keras.activations.sigmoid
struct Sigmoid {
    static constexpr bool from_output = true;
    template <class In>
    using On = Elementwise<Sigmoid, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return kernels::sigmoid(x);
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V y) const {
        return y * (V(1) - y);
    }
};

} // namespace lamina
