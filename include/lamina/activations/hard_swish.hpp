// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/simd.hpp>

namespace lamina {

/// x hard_sigmoid(x).
///
/// Source   keras.activations.hard_swish; Howard et al. (2019), "Searching for MobileNetV3"
struct HardSwish {
    static constexpr bool from_output = false;
    template <class In>
    using On = Elementwise<HardSwish, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        using T = typename V::value_type;
        V const six_times = kernels::min(V(6), kernels::max(V(0), x + V(3)));
        return kernels::max(V(-3), x) * (six_times * V(T(1.0 / 6))); // not -inf times 0
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V x) const {
        using T = typename V::value_type;
        V const between = kernels::fma(x, V(T(1.0 / 3)), V(T(0.5)));
        V const above = kernels::select(x < V(3), between, V(1));
        return kernels::select(x < V(-3), V(0), above);
    }
};

} // namespace lamina
