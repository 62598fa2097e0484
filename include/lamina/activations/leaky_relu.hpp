// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/core/option.hpp>
#include <lamina/kernels/simd.hpp>

namespace lamina {

/// x for x > 0, negative_slope x otherwise; negative_slope is not below 0. PyTorch's is 0.01.
///
/// Source   keras.layers.LeakyReLU; Maas et al. (2013)
struct LeakyReLU {
    float negative_slope = 0.3f;

    void check() const {
        detail::Check{"LeakyReLU"}.not_negative("negative_slope", negative_slope);
    }

    static constexpr bool from_output = true;
    template <class In>
    using On = Elementwise<LeakyReLU, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return kernels::select(x > V(0), x, x * V(negative_slope));
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V y) const {
        return kernels::select(y > V(0), V(1), V(negative_slope));
    }
};

} // namespace lamina
