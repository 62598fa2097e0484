// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/math.hpp>

namespace lamina {

/// Scaled exponential linear unit: scale x for x > 0, scale alpha (e^x - 1) otherwise, with the two
/// numbers that keep mean 0 and variance 1 from layer to layer.
///
/// Source   keras.activations.selu; Klambauer et al. (2017), "Self-normalizing neural networks"
struct SELU {
    static constexpr bool from_output = true;
    static constexpr double scale = 1.0507009873554804934193349852946;
    static constexpr double lowest = scale * 1.6732632423543772848170429916717;
    template <class In>
    using On = Elementwise<SELU, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        using T = typename V::value_type;
        return kernels::select(x > V(0), V(T(scale)) * x, V(T(lowest)) * kernels::expm1(x));
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V y) const {
        using T = typename V::value_type;
        return kernels::select(y > V(0), V(T(scale)), y + V(T(lowest)));
    }
};

} // namespace lamina
