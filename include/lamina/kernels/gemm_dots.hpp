// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <algorithm>
#include <cstddef>

/// Products of operands that both lie along the sum: dot products, as many added up together as
/// there are lanes.
namespace lamina::kernels::detail {

/// The sums a[r, k] . x[k] of as many rows as there are lanes, one in each lane.
template <class T>
LAMINA_ALWAYS_INLINE inline Batch<T> dots_of_rows(std::size_t k, T const* a, std::size_t lda,
                                                  T const* x) {
    using V = Batch<T>;
    constexpr std::size_t rows = V::size, groups = (rows - 1) / rows_of_pointer + 1;
    T const* row[groups];
    row[0] = a;
    LAMINA_UNROLL
    for (std::size_t g = 1; g < groups; ++g) row[g] = next_row(next_row(row[g - 1], 2 * lda), lda);
    V sum[rows];
    LAMINA_UNROLL
    for (std::size_t r = 0; r < rows; ++r) sum[r] = V(T{0});
    for (; k >= V::size; k -= V::size, x += V::size) {
        anew(lda);
        V const u = in_register(load<V>(x));
        LAMINA_UNROLL
        for (std::size_t r = 0; r < rows; ++r)
            sum[r] = fma(u, load<V>(row[r / rows_of_pointer] + r % rows_of_pointer * lda), sum[r]);
        LAMINA_UNROLL
        for (std::size_t g = 0; g < groups; ++g) row[g] += V::size;
    }
    if (k > 0) {
        V const u = load<V>(x, k);
        LAMINA_UNROLL
        for (std::size_t r = 0; r < rows; ++r)
            sum[r] =
                fma(u, load<V>(row[r / rows_of_pointer] + r % rows_of_pointer * lda, k), sum[r]);
    }
    return sums_of_rows(sum);
}
/// The same for `count` rows, perhaps fewer than there are lanes, some at a time: for matrices that
/// come from afar, of which so many rows would drive each other out of the cache.
template <class T>
LAMINA_ALWAYS_INLINE inline Batch<T> dots_of_some_rows(std::size_t count, std::size_t k, T const* a,
                                                       std::size_t lda, T const* x) {
    using V = Batch<T>;
    constexpr std::size_t some = V::size < 8 ? V::size : 8;
    std::size_t const rest = k % V::size, whole = k - rest;
    V all[V::size];
    LAMINA_UNROLL
    for (std::size_t first = 0; first < V::size; first += some) {
        LAMINA_UNROLL
        for (std::size_t j = 0; j < some; ++j) all[first + j] = V(T{0});
        if (first >= count) continue;
        // rows beyond the last are the last one again: they cost time, not correctness
        T const* row[some];
        row[0] = a + first * lda;
        LAMINA_UNROLL
        for (std::size_t j = 1; j < some; ++j)
            row[j] = row[j - 1] + (first + j < count ? lda : std::size_t{0});
        for (std::size_t p = 0; p < whole; p += V::size) {
            V const u = in_register(load<V>(x + p));
            LAMINA_UNROLL
            for (std::size_t j = 0; j < some; ++j)
                all[first + j] = fma(u, load<V>(row[j] + p), all[first + j]);
        }
        if (rest > 0) {
            V const u = load<V>(x + whole, rest);
            LAMINA_UNROLL
            for (std::size_t j = 0; j < some; ++j)
                all[first + j] = fma(u, load<V>(row[j] + whole, rest), all[first + j]);
        }
    }
    return sums_of_rows(all);
}

/// y[i] = alpha (a[i, k] . x[k]) + add[i], i < m, the rows of a contiguous; y and add step by their
/// strides, add may be null. As many rows as there are lanes are added up together.
template <class T>
[[gnu::noinline]] void dots(std::size_t m, std::size_t k, T alpha, T const* a, std::size_t lda,
                            T const* x, T* y, std::size_t stride, T const* add,
                            std::size_t add_stride) {
    using V = Batch<T>;
    bool const near = m * k <= 65536;
    for (std::size_t i = 0; i < m; i += V::size, a += V::size * lda) {
        std::size_t const count = std::min(m - i, V::size);
        V const sums = near && count == V::size ? dots_of_rows(k, a, lda, x)
                                                : dots_of_some_rows(count, k, a, lda, x);
        V v = V(alpha) * sums;
        alignas(64) T part[V::size];
        if (add) {
            if (add_stride == 1) {
                v = fma(V(alpha), sums, load<V>(add + i, count));
            } else {
                for (std::size_t j = 0; j < V::size; ++j)
                    part[j] = j < count ? add[(i + j) * add_stride] : T{0};
                v = fma(V(alpha), sums, load<V>(part));
            }
        }
        if (stride == 1) {
            kernels::store(y + i, v, count);
        } else {
            v.store_aligned(part);
            for (std::size_t j = 0; j < count; ++j) y[(i + j) * stride] = part[j];
        }
    }
}

/// c[i, q] = alpha (a[i, k] . b[q, k]) + add[i, q], i < m, q < Q, the rows of a and b contiguous;
/// Turned: c[q, i] and add[q, i]. add may be null, else it has the rows of c. As many sums as there
/// are lanes are added up together.
template <std::size_t Q, bool Turned, class T>
[[gnu::noinline]] void dot_columns(std::size_t m, std::size_t k, T alpha, T const* a,
                                   std::size_t lda, T const* b, std::size_t ldb, T* c,
                                   std::size_t ldc, T const* add) {
    using V = Batch<T>;
    constexpr std::size_t R = V::size / Q;
    constexpr auto at = [](std::size_t r, std::size_t q) { return Turned ? q * R + r : r * Q + q; };
    std::size_t const rest = k % V::size, whole = k - rest;
    for (std::size_t i = 0; i < m; i += R) {
        std::size_t const rows = std::min(m - i, R);
        // rows beyond the last are the last one again
        T const* row[R];
        row[0] = a + i * lda;
        LAMINA_UNROLL
        for (std::size_t r = 1; r < R; ++r) row[r] = row[r - 1] + (r < rows ? lda : std::size_t{0});
        V sum[V::size];
        LAMINA_UNROLL
        for (std::size_t j = 0; j < V::size; ++j) sum[j] = V(T{0});
        T const* x = b;
        for (std::size_t p = 0; p < whole; p += V::size, x += V::size) {
            V y[Q];
            LAMINA_UNROLL
            for (std::size_t q = 0; q < Q; ++q) y[q] = in_register(load<V>(x + q * ldb));
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r) {
                V const u = in_register(load<V>(row[r] + p));
                LAMINA_UNROLL
                for (std::size_t q = 0; q < Q; ++q) sum[at(r, q)] = fma(u, y[q], sum[at(r, q)]);
            }
        }
        if (rest > 0) {
            LAMINA_UNROLL
            for (std::size_t q = 0; q < Q; ++q) {
                V const y = load<V>(x + q * ldb, rest);
                LAMINA_UNROLL
                for (std::size_t r = 0; r < R; ++r)
                    sum[at(r, q)] = fma(load<V>(row[r] + whole, rest), y, sum[at(r, q)]);
            }
        }
        V const sums = sums_of_rows(sum), times(alpha);
        if (!Turned && ldc == Q) {
            V const v = add ? fma(times, sums, load<V>(add + i * ldc, rows * Q)) : times * sums;
            kernels::store(c + i * ldc, v, rows * Q);
            continue;
        }
        alignas(64) T part[V::size]{};
        auto const each_piece = [&](auto move) { // of a row of C, and its place in part
            if constexpr (!Turned)
                for (std::size_t r = 0; r < rows; ++r) move((i + r) * ldc, r * Q, Q);
            else if (rows == R) // a number that the compiler knows
                for (std::size_t q = 0; q < Q; ++q) move(q * ldc + i, q * R, R);
            else
                for (std::size_t q = 0; q < Q; ++q) move(q * ldc + i, q * R, rows);
        };
        if (add)
            each_piece([&](std::size_t from, std::size_t to, std::size_t n) {
                std::copy_n(add + from, n, part + to);
            });
        V const v = add ? fma(times, sums, V::load_aligned(part)) : times * sums;
        v.store_aligned(part);
        each_piece([&](std::size_t to, std::size_t from, std::size_t n) {
            std::copy_n(part + from, n, c + to);
        });
    }
}

/// The same for any number n > 1 of columns, two to four at a time.
template <bool Turned, class T>
void dot_all_columns(std::size_t m, std::size_t n, std::size_t k, T alpha, T const* a,
                     std::size_t lda, T const* b, std::size_t ldb, T* c, std::size_t ldc,
                     T const* add) {
    std::size_t const row = Turned ? 1 : ldc, column = Turned ? ldc : 1; // of C, but turned
    auto const from = [&](std::size_t at) { return add ? add + at : nullptr; };
    if constexpr (lanes<T> < 4) {
        for (std::size_t j = 0; j < n; ++j)
            dots(m, k, alpha, a, lda, b + j * ldb, c + j * column, row, from(j * column), row);
    } else {
        std::size_t const some = n <= 4 ? m : 20; // rows that stay near
        for (std::size_t i = 0; i < m; i += some)
            for (std::size_t j = 0; j < n;) {
                std::size_t const left = n - j, q = left % 4 == 0 ? 4 : left == 2 ? 2 : 3;
                auto const some_columns = q == 4   ? &dot_columns<4, Turned, T>
                                          : q == 3 ? &dot_columns<3, Turned, T>
                                                   : &dot_columns<2, Turned, T>;
                std::size_t const at = i * row + j * column;
                some_columns(std::min(some, m - i), k, alpha, a + i * lda, lda, b + j * ldb, ldb,
                             c + at, ldc, from(at));
                j += q;
            }
    }
}

} // namespace lamina::kernels::detail
