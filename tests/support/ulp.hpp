// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace lamina::testing {

/// How far `got` is from `exact`, in units of T's last place at `exact`. Infinities and NaNs must
/// be the same: else infinity.
template <class T>
double ulps(T got, long double exact) {
    using L = std::numeric_limits<T>;
    T const rounded = static_cast<T>(exact);
    double const never = std::numeric_limits<double>::infinity();
    if (std::isnan(rounded) || std::isnan(got))
        return std::isnan(rounded) && std::isnan(got) ? 0 : never;
    if (std::isinf(rounded) || std::isinf(got)) return rounded == got ? 0 : never;
    int exponent = L::min_exponent;
    if (exact != 0) std::frexp(exact, &exponent);
    exponent = exponent < L::min_exponent ? L::min_exponent : exponent;
    return static_cast<double>(std::fabs(got - exact) / std::ldexp(1.0L, exponent - L::digits));
}

/// The bits of a number: equal for +0 and +0, not for +0 and -0.
template <class T>
auto bits_of(T x) {
    std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t> bits;
    std::memcpy(&bits, &x, sizeof x);
    return bits;
}

} // namespace lamina::testing
