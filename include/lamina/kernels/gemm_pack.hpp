// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_task.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <algorithm>
#include <cstddef>

/// Copies of operands in the order in which the tiles read them.
namespace lamina::kernels {
namespace detail {

/// alpha op(B), k rows of `columns` columns, to rows of `width` numbers: whole batches with zeros
/// behind the last column.
template <class T>
[[gnu::noinline]] void pack(std::size_t k, std::size_t columns, T alpha, T const* b,
                            std::size_t ldb, bool transposed, T* to, std::size_t width) {
    using V = Batch<T>;
    V const times(alpha);
    if (transposed) {
        transpose<true>(columns, k, b, ldb, to, width);
        if (alpha != T{1})
            for (std::size_t i = 0; i < k * width; i += V::size)
                kernels::store(to + i, times * load<V>(to + i));
        return;
    }
    std::size_t const rest = columns % V::size, whole = columns - rest;
    for (std::size_t p = 0; p < k; ++p) {
        T const* const from = b + p * ldb;
        T* const row = to + p * width;
        for (std::size_t j = 0; j < whole; j += V::size)
            kernels::store(row + j, times * load<V>(from + j));
        if (rest > 0) kernels::store(row + whole, times * load<V>(from + whole, rest));
    }
}

/// alpha B, k rows of many columns, to panels of `Width` columns, one behind the other. Several at
/// a time: rows that lie far apart are pages, and each begins with a wait.
template <std::size_t Width, class T>
[[gnu::noinline]] void pack_panels(std::size_t k, std::size_t columns, T alpha, T const* b,
                                   std::size_t ldb, T* to) {
    using V = Batch<T>;
    constexpr std::size_t several = 4, ahead = 8;
    V const times(alpha);
    std::size_t j = 0;
    for (; j + several * Width <= columns; j += several * Width, to += several * Width * k) {
        T const* from = b + j;
        for (std::size_t p = 0; p < k; ++p, from += ldb) {
            LAMINA_UNROLL
            for (std::size_t i = 0; i < several * Width; i += 64 / sizeof(T))
                __builtin_prefetch(from + ahead * ldb + i);
            LAMINA_UNROLL
            for (std::size_t i = 0; i < several * Width; i += V::size)
                kernels::store(to + i / Width * Width * k + p * Width + i % Width,
                               times * load<V>(from + i));
        }
    }
    for (; j < columns; j += Width, to += Width * k)
        pack(k, std::min(Width, columns - j), alpha, b + j, ldb, false, to, Width);
}

/// op(A), rows of k numbers, to slivers of R rows whose numbers lie side by side, `sliver` numbers
/// apart. The last one may hold fewer rows, the last of them again and again: a single row is also
/// read as two. Writes up to a batch behind each.
template <std::size_t R, class T>
[[gnu::noinline]] void pack_slivers(std::size_t rows, std::size_t k, T const* a, std::size_t lda,
                                    bool transposed, T* to, std::size_t sliver) {
    using V = Batch<T>;
    constexpr std::size_t parts = (R + V::size - 1) / V::size, wide = parts * V::size;
    if (transposed) {
        constexpr std::size_t ahead = 8;
        for (std::size_t p = 0; p < k; ++p, a += lda, to += R) {
            for (std::size_t i = 0; i < rows; i += 64 / sizeof(T))
                __builtin_prefetch(a + ahead * lda + i);
            T* next = to;
            std::size_t i = 0;
            for (; i + wide <= rows; i += R, next += sliver)
                for (std::size_t l = 0; l < wide; l += V::size)
                    kernels::store(next + l, load<V>(a + i + l));
            for (; i < rows; i += R, next += sliver)
                for (std::size_t r = 0; r < R; ++r) next[r] = a[std::min(i + r, rows - 1)];
        }
        return;
    }
    for (std::size_t i = 0; i < rows; i += R, to += sliver) {
        T const* from[wide]; // those that there are not: the last one once more
        for (std::size_t r = 0; r < wide; ++r)
            from[r] = a + std::min({i + r, i + R - 1, rows - 1}) * lda;
        std::size_t p = 0;
        for (; p + V::size <= k; p += V::size)
            for (std::size_t part = parts; part-- > 0;) { // each spoils the beginning of the next
                T* const here = to + p * R + part * V::size;
                transpose_whole<V>(
                    [&](std::size_t r) { return from[part * V::size + r] + p; },
                    [&](std::size_t q, V const& v) { kernels::store(here + q * R, v); });
            }
        for (; p < k; ++p)
            for (std::size_t r = 0; r < R; ++r) to[p * R + r] = from[r][p];
    }
}

/// Where the strip that begins with column j has its numbers in g.panels, from term p on.
template <class T>
T const* in_panels(Gemm<T> const& g, std::size_t j, std::size_t p) {
    return g.panels + j * g.k + p * GemmSizes<T>::width;
}

} // namespace detail

/// Numbers of k x n B in panels: strips of so many columns, one behind the other, for all terms.
template <class T>
constexpr std::size_t panels_size(std::size_t k, std::size_t n) {
    constexpr std::size_t strip = detail::GemmSizes<T>::width;
    return k * ((n + strip - 1) / strip * strip);
}
/// Puts B there, once for many products (Gemm::panels).
template <class T>
void pack_panels(std::size_t k, std::size_t n, T const* b, std::size_t ldb, T* panels) {
    detail::pack_panels<detail::GemmSizes<T>::width>(k, n, T{1}, b, ldb, panels);
}

} // namespace lamina::kernels
