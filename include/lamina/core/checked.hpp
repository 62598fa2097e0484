// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace lamina {

/// a * b in `to`; false, and `to` untouched, where it does not fit. Every product of two numbers
/// that come from a file is formed here.
constexpr bool checked_mul(std::uint64_t a, std::uint64_t b, std::uint64_t& to) {
    if (a != 0 && b > std::numeric_limits<std::uint64_t>::max() / a) return false;
    to = a * b;
    return true;
}

/// a + b in `to`; false, and `to` untouched, where it does not fit.
constexpr bool checked_add(std::uint64_t a, std::uint64_t b, std::uint64_t& to) {
    if (b > std::numeric_limits<std::uint64_t>::max() - a) return false;
    to = a + b;
    return true;
}

/// The product of `rank` dimensions; false where it does not fit, even if a later dimension is 0.
constexpr bool checked_product(std::uint64_t const* dims, std::size_t rank, std::uint64_t& to) {
    std::uint64_t product = 1;
    for (std::size_t i = 0; i < rank; ++i)
        if (!checked_mul(product, dims[i], product)) return false;
    to = product;
    return true;
}

} // namespace lamina
