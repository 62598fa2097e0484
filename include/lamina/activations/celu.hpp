// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/core/option.hpp>
#include <lamina/kernels/math.hpp>

namespace lamina {

/// ELU with a slope that does not jump: x for x > 0, alpha (e^(x / alpha) - 1) otherwise; alpha is
/// above 0.
///
/// Source   keras.activations.celu; Barron (2017)
struct CELU {
    float alpha = 1.0f;

    void check() const { detail::Check{"CELU"}.positive("alpha", alpha); }

    static constexpr bool from_output = true;
    template <class In>
    using On = Elementwise<CELU, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return kernels::select(x > V(0), x, V(alpha) * kernels::expm1(x / V(alpha)));
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V y) const {
        return kernels::select(y > V(0), V(1), y / V(alpha) + V(1));
    }
};

} // namespace lamina
