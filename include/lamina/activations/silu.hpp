// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/math.hpp>

namespace lamina {

/// x sigmoid(x), also called swish.
///
/// Source   keras.activations.silu; Elfwing et al. (2018)
struct SiLU {
    static constexpr bool from_output = false;
    template <class In>
    using On = Elementwise<SiLU, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return kernels::max(V(-1000), x) * kernels::sigmoid(x); // not -inf times 0
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V x) const {
        x = kernels::min(V(1000), kernels::max(V(-1000), x));
        auto const s = kernels::logistic(x);
        return s.below * kernels::fma(x, s.above, V(1));
    }
};

} // namespace lamina
