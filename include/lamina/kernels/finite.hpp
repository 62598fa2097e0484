// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/simd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace lamina::kernels {

namespace detail {

/// Numbers that are not negative order as their bits do, and NaN comes behind infinity. What is
/// missing from the limit's bits to the sign bit, which was cleared, carries exactly the numbers
/// from the limit on into it. Whole numbers only: a test that -ffast-math cannot take away.
template <class T, class Arch>
bool all_below_piece(std::size_t n, T const* x, T limit) {
    using V = Batch<T, Arch>;
    using I = decltype(as_bits(V(T{0})));
    using Int = typename I::value_type;
    static_assert(std::is_unsigned_v<Int>);
    constexpr Int sign = Int{1} << (8 * sizeof(Int) - 1);
    I const mask(sign - 1), step(sign - std::bit_cast<Int>(limit));
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

#ifdef LAMINA_SOURCE
template bool all_below_piece<float, xsimd::default_arch>(std::size_t, float const*, float);
#elif !LAMINA_BODIES
extern template bool all_below_piece<float, xsimd::default_arch>(std::size_t, float const*, float);
#endif

} // namespace detail

/// Whether all of n numbers are smaller than `limit` > 0 in size, none of them NaN, whatever
/// floating-point options the program is compiled with. Reads nothing beyond them.
template <class Arch = xsimd::default_arch, class T, PoolOrNone P = std::nullptr_t>
requires Real<T>
bool all_below(T limit, std::size_t n, T const* x, P threads = nullptr) {
    constexpr std::size_t piece = 65536;
    if (n <= piece || threads == nullptr) return detail::all_below_piece<T, Arch>(n, x, limit);
    bool below = true; // written by any thread; std::atomic is a header of 70 million instructions
    parallel_for(threads, n, piece, [&](std::size_t begin, std::size_t end, std::size_t) {
        if (!detail::all_below_piece<T, Arch>(end - begin, x + begin, limit))
            __atomic_store_n(&below, false, __ATOMIC_RELAXED);
    });
    return below;
}

/// Whether none of n numbers is NaN or infinite.
template <class Arch = xsimd::default_arch, class T, PoolOrNone P = std::nullptr_t>
requires Real<T>
bool all_finite(std::size_t n, T const* x, P threads = nullptr) {
    return all_below<Arch>(std::numeric_limits<T>::infinity(), n, x, threads);
}

} // namespace lamina::kernels
