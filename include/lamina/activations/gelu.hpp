// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/normal.hpp>

namespace lamina {

/// Gaussian error linear unit: x Phi(x), Phi the normal distribution.
///
/// Source   keras.activations.gelu (approximate=False); Hendrycks and Gimpel (2016)
struct GELU {
    static constexpr bool from_output = false;
    template <class In>
    using On = Elementwise<GELU, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return kernels::max(V(-40), x) * kernels::normal(x).below; // not -inf times 0
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V x) const {
        x = kernels::min(V(40), kernels::max(V(-40), x));
        auto const at = kernels::normal(x);
        return kernels::fma(x, at.density, at.below);
    }
};

} // namespace lamina
