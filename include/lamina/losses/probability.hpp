// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/kernels/simd.hpp>

/// What losses of probabilities have in common. V is a batch of numbers.
namespace lamina::detail {

/// Keras' epsilon (keras.config.epsilon()): numbers below it are held there, so that a logarithm
/// or a quotient of them is finite.
template <class T>
inline constexpr T keras_epsilon = T(1e-7);

/// p within [1e-7, 1 - 1e-7], as in Keras.
template <class V>
LAMINA_ALWAYS_INLINE inline V held_probability(V const& p) {
    using T = typename V::value_type;
    V const least(keras_epsilon<T>);
    return kernels::min(V(T(1)) - least, kernels::max(least, p));
}

/// Label smoothing of a yes or no: t (1 - s) + s / 2.
template <class V>
LAMINA_ALWAYS_INLINE inline V smoothed_target(V const& t, float s) {
    using T = typename V::value_type;
    return t - V(T(s)) * (t - V(T(0.5)));
}

} // namespace lamina::detail
