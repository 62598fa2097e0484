// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/core/option.hpp>
#include <lamina/kernels/math.hpp>

namespace lamina {

/// Exponential linear unit: x for x > 0, alpha (e^x - 1) otherwise; alpha is not below 0.
///
/// Source   keras.layers.ELU; Clevert et al. (2016)
struct ELU {
    float alpha = 1.0f;

    void check() const { detail::Check{"ELU"}.not_negative("alpha", alpha); }

    static constexpr bool from_output = true;
    template <class In>
    using On = Elementwise<ELU, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return kernels::select(x > V(0), x, V(alpha) * kernels::expm1(x));
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V y) const {
        return kernels::select(y > V(0), V(1), y + V(alpha));
    }
};

} // namespace lamina
