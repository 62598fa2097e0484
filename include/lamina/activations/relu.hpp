// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/simd.hpp>

namespace lamina {

/// Rectified linear unit: max(x, 0), with slope 0 at 0.
///
/// Source   keras.layers.ReLU; Nair and Hinton (2010)
struct ReLU {
    static constexpr bool from_output = true;
    template <class In>
    using On = Elementwise<ReLU, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return kernels::max(V(0), x);
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V y) const {
        return kernels::select(y > V(0), V(1), V(0));
    }
};

} // namespace lamina
