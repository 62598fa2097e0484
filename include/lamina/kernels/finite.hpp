// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/simd.hpp>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace lamina::kernels {

namespace detail {

/// A number is finite if its exponent is not all ones. One more in the last place of the exponent
/// carries exactly such a number into the sign bit, which was cleared. Whole numbers only: a test
/// that -ffast-math cannot take away.
template <class T, class Arch>
bool all_finite_piece(std::size_t n, T const* x) {
    using V = Batch<T, Arch>;
    using I = decltype(as_bits(V(T{0})));
    using Int = typename I::value_type;
    static_assert(std::is_unsigned_v<Int>);
    constexpr Int sign = Int{1} << (8 * sizeof(Int) - 1);
    constexpr Int one = Int{1} << (std::numeric_limits<T>::digits - 1); // of the exponent
    I const mask(sign - 1), step(one);
    I a(Int{0}), b(Int{0}), c(Int{0}), d(Int{0});
    auto const test = [&](V const& v) { return (as_bits(v) & mask) + step; };
    std::size_t i = 0;
    for (; i + 4 * V::size <= n; i += 4 * V::size) {
        a = a | test(load<V>(x + i));
        b = b | test(load<V>(x + i + V::size));
        c = c | test(load<V>(x + i + 2 * V::size));
        d = d | test(load<V>(x + i + 3 * V::size));
    }
    for (; i + V::size <= n; i += V::size) a = a | test(load<V>(x + i));
    if (i < n) b = b | test(load<V>(x + i, n - i));
    return !xsimd::any((((a | b) | (c | d)) & I(sign)) != I(Int{0}));
}

} // namespace detail

/// Whether none of n numbers is NaN or infinite, whatever floating-point options the program is
/// compiled with. Reads nothing beyond them.
template <class Arch = xsimd::default_arch, class T, PoolOrNone P = std::nullptr_t>
requires Real<T>
bool all_finite(std::size_t n, T const* x, P threads = nullptr) {
    constexpr std::size_t piece = 65536;
    if (n <= piece || threads == nullptr) return detail::all_finite_piece<T, Arch>(n, x);
    std::atomic<bool> finite{true};
    parallel_for(threads, n, piece, [&](std::size_t begin, std::size_t end, std::size_t) {
        if (!detail::all_finite_piece<T, Arch>(end - begin, x + begin))
            finite.store(false, std::memory_order_relaxed);
    });
    return finite.load(std::memory_order_relaxed);
}

} // namespace lamina::kernels
