// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/math.hpp>

namespace lamina {

/// e^x.
///
/// Source   keras.activations.exponential
struct Exponential {
    static constexpr bool from_output = true;
    template <class In>
    using On = Elementwise<Exponential, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return kernels::exp(x);
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V y) const {
        return y;
    }
};

} // namespace lamina
