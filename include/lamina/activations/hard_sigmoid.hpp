// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/simd.hpp>

namespace lamina {

/// Three straight lines in place of the sigmoid: min(max(x + 3, 0), 6) / 6.
///
/// Source   keras.activations.hard_sigmoid; Howard et al. (2019), "Searching for MobileNetV3"
struct HardSigmoid {
    static constexpr bool from_output = true;
    template <class In>
    using On = Elementwise<HardSigmoid, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        using T = typename V::value_type;
        return kernels::min(V(6), kernels::max(V(0), x + V(3))) * V(T(1.0 / 6));
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V y) const {
        using T = typename V::value_type;
        return kernels::select((y > V(0)) & (y < V(1)), V(T(1.0 / 6)), V(0));
    }
};

} // namespace lamina
