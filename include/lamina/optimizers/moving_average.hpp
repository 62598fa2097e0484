// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/simd.hpp>

#include <cmath>
#include <cstdint>

/// What optimizers remember of past gradients: beta average + (1 - beta) value.
namespace lamina::detail {

/// The average after one more value, whose share is 1 - beta: what has come to rest stays there to
/// the last bit.
template <class V, class T>
LAMINA_ALWAYS_INLINE inline V moved(V const& average, V const& value, T share) {
    return kernels::fnma(V(share), average - value, average);
}
/// The same of squares.
template <class V, class T>
LAMINA_ALWAYS_INLINE inline V moved_square(V const& average, V const& value, T share) {
    return kernels::fnma(V(share), kernels::fnma(value, value, average), average);
}

/// 1 - beta^t: what an average that began with 0 has gathered after t steps. A function of t alone,
/// so that a resumed run has the same bits.
inline double gathered(double beta, std::uint64_t t) {
    double const steps = static_cast<double>(t);
    // beta^t <= exp(-t (1 - beta)) < 5e-18: the difference from 1 is below half its last place
    if (steps * (1 - beta) > 40) return 1;
    return 1 - std::pow(beta, steps);
}

} // namespace lamina::detail
