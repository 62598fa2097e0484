// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/simd.hpp>

namespace lamina {

/// x / (1 + |x|).
///
/// Source   keras.activations.softsign; Turian et al. (2009)
struct Softsign {
    static constexpr bool from_output = false;
    template <class In>
    using On = Elementwise<Softsign, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        V const size = kernels::min(V(1e20f), kernels::abs(x)); // not inf / inf
        return kernels::copysign(size / (V(1) + size), x);
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V x) const {
        V const root = V(1) / (V(1) + kernels::abs(x));
        return root * root;
    }
};

} // namespace lamina
