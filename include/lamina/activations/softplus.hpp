// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/math.hpp>

namespace lamina {

/// log(1 + e^x).
///
/// Source   keras.activations.softplus; Dugas et al. (2001)
struct Softplus {
    static constexpr bool from_output = true;
    template <class In>
    using On = Elementwise<Softplus, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return kernels::softplus(x);
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V y) const {
        return -kernels::expm1(-y); // sigmoid(x) = 1 - e^-y
    }
};

} // namespace lamina
