// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>

namespace lamina::kernels {

namespace detail {

/// Batches are summed over 4096 numbers at most, then in double.
template <class T, class Arch>
double sum_of_squares_piece(std::size_t n, T const* x) {
    using V = Batch<T, Arch>;
    double sum = 0;
    for (std::size_t begin = 0; begin < n; begin += 4096) {
        std::size_t const end = std::min(n, begin + 4096);
        V a(T{0}), b(T{0}), c(T{0}), d(T{0});
        auto const add = [](V& to, V const& v) { to = kernels::fma(v, v, to); };
        std::size_t i = begin;
        for (; i + 4 * V::size <= end; i += 4 * V::size) {
            add(a, load<V>(x + i));
            add(b, load<V>(x + i + V::size));
            add(c, load<V>(x + i + 2 * V::size));
            add(d, load<V>(x + i + 3 * V::size));
        }
        for (; i + V::size <= end; i += V::size) add(a, load<V>(x + i));
        if (i < end) add(b, load<V>(x + i, end - i));
        sum += double(reduce_add((a + b) + (c + d)));
    }
    return sum;
}

} // namespace detail

/// The sum of the squares of n numbers; the same bits for any number of threads.
template <class Arch = xsimd::default_arch, class T, PoolOrNone P = std::nullptr_t>
requires Real<T>
double sum_of_squares(std::size_t n, T const* x, P threads = nullptr) {
    constexpr std::size_t most = 64, least = 16384; // pieces; numbers in one
    std::size_t const piece = std::max(least, (n + most - 1) / most);
    if (n <= piece) return detail::sum_of_squares_piece<T, Arch>(n, x);
    double sums[most]{};
    parallel_for(threads, n, piece, [&](std::size_t begin, std::size_t end, std::size_t) {
        sums[begin / piece] = detail::sum_of_squares_piece<T, Arch>(end - begin, x + begin);
    });
    double sum = 0;
    for (double s : sums) sum += s;
    return sum;
}

} // namespace lamina::kernels
