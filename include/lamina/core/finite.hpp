// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>

// What std::isnan and std::isfinite say, by the bits: -ffast-math lets a compiler take it for
// granted that there is no NaN and no infinity, and so answer them, and every comparison that was
// meant to, without looking.

namespace lamina::detail {

template <std::same_as<double> T>
constexpr bool is_nan(T value) {
    return std::bit_cast<std::uint64_t>(value) << 1 > std::uint64_t{0x7ff} << 53;
}
template <std::same_as<float> T>
constexpr bool is_nan(T value) {
    return std::bit_cast<std::uint32_t>(value) << 1 > std::uint32_t{0xff} << 24;
}
/// A whole number never is.
template <std::integral T>
constexpr bool is_nan(T) {
    return false;
}

template <std::same_as<double> T>
constexpr bool is_finite(T value) {
    return (std::bit_cast<std::uint64_t>(value) >> 52 & 0x7ff) != 0x7ff;
}
template <std::same_as<float> T>
constexpr bool is_finite(T value) {
    return (std::bit_cast<std::uint32_t>(value) >> 23 & 0xff) != 0xff;
}

} // namespace lamina::detail
