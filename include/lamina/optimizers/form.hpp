// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
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

} // namespace detail

} // namespace lamina
