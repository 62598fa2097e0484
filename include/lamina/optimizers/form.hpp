// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <type_traits>

namespace lamina {

/// Where Keras and PyTorch differ: at which place epsilon stands, whether the momentum holds the
/// learning rate, and weight_decay: in Keras' form weights shrink by rate * weight_decay before the
/// step; in PyTorch's form weight_decay * weight is added to the gradient. The defaults of all
/// options are Keras' in either form.
enum class Form { keras, torch };

namespace detail {

/// An optimizer's step says how many numbers it keeps for each parameter: sweep(keeps<2>, f).
template <std::size_t N>
inline constexpr std::integral_constant<std::size_t, N> keeps{};

/// An epsilon as T, under a root and beside one. If it is 0, or too small for T, the least number
/// and its root stand for it: a weight that never had a gradient stays, instead of 0 / 0.
template <class T>
constexpr T epsilon_inside(double epsilon) {
    return T(std::max(epsilon, double(std::numeric_limits<T>::min())));
}
template <class T>
constexpr T epsilon_outside(double epsilon) {
    return T(std::max(epsilon, sizeof(T) == 4 ? 0x1p-63 : 0x1p-511));
}

} // namespace detail

} // namespace lamina
