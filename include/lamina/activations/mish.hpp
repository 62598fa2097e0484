// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/math.hpp>

namespace lamina {

/// x tanh(softplus(x)). With e = exp(-|x|) the factor is n / (n + m): for x >= 0 n = 1 + 2 e and
/// m = 2 e^2, for x < 0 n = e^2 + 2 e and m = 2.
///
/// Source   keras.activations.mish; Misra (2019)
struct Mish {
    static constexpr bool from_output = false;
    template <class In>
    using On = Elementwise<Mish, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        auto const a = parts(x);
        return kernels::max(V(-1000), x) * (a.n / (a.n + a.m)); // not -inf times 0
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V x) const {
        x = kernels::min(V(1000), kernels::max(V(-1000), x));
        auto const a = parts(x);
        V const d = V(1) / (a.n + a.m), factor = a.n * d;
        // the factor's own slope is (1 - factor^2) sigmoid(x), and 1 - factor = m d
        V const sigmoid = kernels::select(x < V(0), a.e, V(1)) / (V(1) + a.e);
        return kernels::fma(x * sigmoid, a.m * d * (V(1) + factor), factor);
    }

private:
    template <class V>
    struct Parts {
        V e, n, m;
    };
    template <class V>
    LAMINA_ALWAYS_INLINE static Parts<V> parts(V x) {
        V const e = kernels::exp(-kernels::abs(x));
        auto const negative = x < V(0);
        return {e, kernels::select(negative, e * (e + V(2)), V(1) + V(2) * e),
                kernels::select(negative, V(2), V(2) * e * e)};
    }
};

} // namespace lamina
