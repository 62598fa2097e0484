// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/simd.hpp>

namespace lamina {

/// min(max(x, 0), 6).
///
/// Source   keras.activations.relu6; Howard et al. (2017), "MobileNets"
struct ReLU6 {
    static constexpr bool from_output = true;
    template <class In>
    using On = Elementwise<ReLU6, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return kernels::min(V(6), kernels::max(V(0), x));
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V y) const {
        return kernels::select((y > V(0)) & (y < V(6)), V(1), V(0));
    }
};

} // namespace lamina
