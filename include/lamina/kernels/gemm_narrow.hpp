// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/gemm_dots.hpp>
#include <lamina/kernels/gemm_strip.hpp>
#include <lamina/kernels/gemm_task.hpp>
#include <lamina/kernels/gemm_tile.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <algorithm>
#include <cstddef>

/// Products with few columns, or few rows: dot products, or the transpose of C.
namespace lamina::kernels::detail {

/// So few columns that a dot product for each number of C is cheaper than batches of columns whose
/// last lanes are empty: counted in multiply-adds of batches, and so many more to add up the lanes.
template <class T>
bool few_columns(Gemm<T> const& g, std::size_t n) {
    if (g.transposed_a || n > 2 * lanes<T>) return false;
    if (g.transposed_b && n <= 4) return true;
    // so much of B' as stays near
    std::size_t const near = n <= lanes<T> / 2 ? 1 : n <= lanes<T> ? 4 : 16;
    if (near * n * g.k > GemmSizes<T>::room) return false;
    // B is turned for so many rows; the fewer there are, the longer a tile's sums wait for
    // themselves
    bool const fast = (n == 2 && g.ldb == 2) || n == 4;
    std::size_t const rows = fast && g.k >= 64 ? 2 : 2 * n <= lanes<T> ? 6 : 12;
    if (!g.transposed_b && (g.k < 20 || g.m < rows)) return false;
    std::size_t const sums = (g.k + lanes<T> - 1) / lanes<T> + 4;
    std::size_t const dear = !g.transposed_b ? 9 : n <= lanes<T> ? 13 : 11;
    return 10 * n * sums < dear * g.k * ((n + lanes<T> - 1) / lanes<T>);
}

/// That way. The rows of B' are in scratch memory, unless they are those of B.
template <class T>
[[gnu::noinline]] void gemm_dots(Gemm<T> const& g, T* scratch, Threads* threads) {
    T const* b = g.b;
    std::size_t ldb = g.ldb;
    if (!g.transposed_b) {
        transpose(g.k, g.n, g.b, g.ldb, scratch, g.k);
        b = scratch, ldb = g.k;
        // To fetch the copy from the other core takes as long as a hundred rows of dots.
        if (g.m < 128) threads = nullptr;
    }
    share(threads, g.m, g.n * g.k, 20, [&](std::size_t begin, std::size_t end, std::size_t) {
        T* const c = g.c + begin * g.ldc;
        dot_all_columns<false>(end - begin, g.n, g.k, g.alpha, g.a + begin * g.lda, g.lda, b, ldb,
                               c, g.ldc, g.beta != T{0} ? c : nullptr);
        if (g.finish.apply) g.finish.apply(g.finish.context, c, g.ldc, begin, 0, end - begin, g.n);
    });
}

/// B transposed, and so few rows that to turn B round would cost more than a dot product for each
/// number of C.
template <class T>
bool few_rows_of_dots(Gemm<T> const& g) {
    return g.transposed_b && !g.transposed_a && 8 * g.m <= g.k && g.m < 48;
}

/// That way: C' = B A'.
template <class T>
[[gnu::noinline]] void gemm_dots_of_rows(Gemm<T> const& g, Threads* threads) {
    share(threads, g.n, g.m * g.k, 20, [&](std::size_t begin, std::size_t end, std::size_t) {
        T* const c = g.c + begin;
        dot_all_columns<true>(end - begin, g.m, g.k, g.alpha, g.b + begin * g.ldb, g.ldb, g.a,
                              g.lda, c, g.ldc, g.beta != T{0} ? c : nullptr);
        if (g.finish.apply) g.finish.apply(g.finish.context, c, g.ldc, 0, begin, g.m, end - begin);
    });
}

/// Both transposed or neither, and so few columns that much of the last batch of each row would be
/// empty: then C' = B' A' is cheaper, and its transpose; so is that of A, if it is not there yet.
/// Counted in multiply-adds of batches.
template <class T>
LAMINA_ALWAYS_INLINE inline bool wants_swap(Gemm<T> const& g, std::size_t n) {
    if (g.transposed_a == g.transposed_b || n % lanes<T> == 0 || g.alpha != T{1} || g.bias ||
        g.m < 4 || g.k < 6)
        return false;
    std::size_t const high = (g.m + lanes<T> - 1) / lanes<T>;
    if (g.transposed_b)
        return lanes<T> > 8 && n > 4 && n % 4 != 0 && 2 * n <= lanes<T> + 4 && g.m >= 24 &&
               g.k >= 16 && g.k <= 10 * n;
    std::size_t const wide = (n + lanes<T> - 1) / lanes<T>;
    // part of a batch is turned row by row, and fewer than four sums wait for themselves
    std::size_t const turn = (g.m < lanes<T> ? 8 : 5) * lanes<T>;
    return n <= GemmSizes<T>::width &&
           (g.m < lanes<T> ? std::max<std::size_t>(n, 4) : n) * high * g.k + turn * high * wide <
               g.m * wide * g.k;
}

/// Whether the last columns, less than a batch, cost less by themselves: as dots, or turned round.
template <class T>
bool splits(Gemm<T> const& g) {
    std::size_t const rest = g.n % lanes<T>;
    if (rest == 0 || (overlaps ? 4 : 2) * rest > lanes<T> || g.n < lanes<T>) return false;
    std::size_t const least = overlaps && rest > 1 ? 24 : 8;
    if (g.m < least || g.k < (g.m < 24 ? 96 : 32)) return false;
    return g.transposed_a ? wants_swap(g, rest) : few_columns(g, rest);
}

/// Whether that costs less than all of C turned round, if A is transposed: in batches of each term.
template <class T>
bool splits_better(Gemm<T> const& g) {
    std::size_t const high = (g.m + lanes<T> - 1) / lanes<T>, whole = g.n / lanes<T>;
    return g.transposed_a && g.m * whole + g.n % lanes<T> * high < g.n * high;
}

/// The columns of C from `column` on.
template <class T>
Gemm<T> columns_from(Gemm<T> g, std::size_t column) {
    g.n -= column;
    g.b += g.transposed_b ? column * g.ldb : column;
    g.c += column;
    if (g.bias) g.bias += column;
    return g;
}
/// A Finish for those.
template <class T>
struct FinishFrom {
    Finish<T> whole;
    std::size_t first;
    Finish<T> finish() const {
        if (!whole.apply) return {};
        return {[](void const* context, T* c, std::size_t ldc, std::size_t row, std::size_t column,
                   std::size_t rows, std::size_t columns) {
                    auto const& from = *static_cast<FinishFrom const*>(context);
                    from.whole.apply(from.whole.context, c, ldc, row, from.first + column, rows,
                                     columns);
                },
                this};
    }
};

/// Rows [begin, end) of C, turned round.
template <class T>
[[gnu::noinline]] void gemm_swapped(Gemm<T> const& g, std::size_t begin, std::size_t end,
                                    T* buffer) {
    constexpr std::size_t width = GemmSizes<T>::width;
    bool const fresh = g.beta == T{0};
    std::size_t const blocks = (g.k + 255) / 256, depth = (g.k + blocks - 1) / blocks;
    T* const turned = buffer + g.n * width;
    for (std::size_t i = begin; i < end; i += width) {
        std::size_t const rows = std::min(width, end - i);
        T* const c = g.c + i * g.ldc;
        if (!fresh) transpose(rows, g.n, c, g.ldc, buffer, width);
        for (std::size_t p = 0; p < g.k; p += depth) {
            bool const zero = fresh && p == 0;
            Strip<T> s{.k = std::min(depth, g.k - p),
                       .a_row = 1,
                       .a_step = g.ldb,
                       .b = g.a + p * g.lda + i,
                       .ldb = g.lda,
                       .ldc = width,
                       .zero = zero};
            if (g.transposed_b) {
                transpose<true>(rows, s.k, g.a + i * g.lda + p, g.lda, turned, width);
                s.a_row = g.ldb, s.a_step = 1, s.b = turned, s.ldb = width;
            }
            strip(g.n, rows, s, g.b + p * s.a_step, buffer);
        }
        transpose(g.n, rows, buffer, width, c, g.ldc);
        if (g.finish.apply) g.finish.apply(g.finish.context, c, g.ldc, i, 0, rows, g.n);
    }
}

} // namespace lamina::kernels::detail
