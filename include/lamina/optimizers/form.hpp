// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
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

/// 1 - beta^t: what a moving average that began with 0 has gathered after t steps. A function of t
/// alone, so that a resumed run has the same bits.
inline double gathered(double beta, std::uint64_t t) {
    double const steps = static_cast<double>(t);
    // beta^t <= exp(-t (1 - beta)) < 5e-18: the difference from 1 is below half its last place
    if (steps * (1 - beta) > 40) return 1;
    return 1 - std::pow(beta, steps);
}

} // namespace detail

} // namespace lamina
