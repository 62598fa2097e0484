// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/math.hpp>

namespace lamina {

/// GELU in its cheaper form: x (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3), which is
/// x sigmoid(2 u).
///
/// Source   keras.activations.gelu (approximate=True); Hendrycks and Gimpel (2016)
struct GELUTanh {
    static constexpr bool from_output = false;
    static constexpr double first = 1.5957691216057307117597842397375; // 2 sqrt(2 / pi)
    static constexpr double third = 0.044715 * first;
    template <class In>
    using On = Elementwise<GELUTanh, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        using T = typename V::value_type;
        V const u = x * kernels::fma(x * x, V(T(third)), V(T(first)));
        return kernels::max(V(-40), x) * kernels::sigmoid(u); // not -inf times 0
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V x) const {
        using T = typename V::value_type;
        x = kernels::min(V(40), kernels::max(V(-40), x));
        V const xx = x * x;
        auto const s = kernels::logistic(x * kernels::fma(xx, V(T(third)), V(T(first))));
        V const du = kernels::fma(xx, V(T(3 * third)), V(T(first)));
        return s.below * kernels::fma(x * s.above, du, V(1));
    }
};

} // namespace lamina
