// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <algorithm>
#include <cstddef>

/// Products of a matrix and a vector: each number of the matrix is used once, so they run as fast
/// as it can be read.
namespace lamina::kernels::detail {

/// y[i] = alpha (a[i, k] . x[k]) + add[i], i < m, the rows of a contiguous; y and add step by their
/// strides, add may be null. As many rows as there are lanes are added up together.
template <class T>
[[gnu::noinline]] void dots(std::size_t m, std::size_t k, T alpha, T const* a, std::size_t lda,
                            T const* x, T* y, std::size_t stride, T const* add,
                            std::size_t add_stride) {
    using V = Batch<T>;
    constexpr std::size_t some = V::size < 8 ? V::size : 8;   // rows that share the loads of x
    std::size_t const rest = k % V::size, whole = k - rest;
    for (std::size_t i = 0; i < m; i += V::size) {
        std::size_t const count = std::min(m - i, V::size);
        V all[V::size];
        for (std::size_t r = 0; r < V::size; r += some) {
            // rows beyond the last are the last one again: they cost time, not correctness
            T const* row[some];
            row[0] = a + std::min(i + r, m - 1) * lda;
            LAMINA_UNROLL
            for (std::size_t j = 1; j < some; ++j)
                row[j] = row[j - 1] + (i + r + j < m ? lda : std::size_t{0});
            V sum[some];
            LAMINA_UNROLL
            for (std::size_t j = 0; j < some; ++j) sum[j] = V(T{0});
            for (std::size_t p = 0; p < whole; p += V::size) {
                V const u = in_register(load<V>(x + p));
                LAMINA_UNROLL
                for (std::size_t j = 0; j < some; ++j) sum[j] = fma(u, load<V>(row[j] + p), sum[j]);
            }
            if (rest > 0) {
                V const u = load<V>(x + whole, rest);
                LAMINA_UNROLL
                for (std::size_t j = 0; j < some; ++j)
                    sum[j] = fma(u, load<V>(row[j] + whole, rest), sum[j]);
            }
            LAMINA_UNROLL
            for (std::size_t j = 0; j < some; ++j) all[r + j] = sum[j];
            if (r + some >= count && r + some < V::size) {
                for (std::size_t j = r + some; j < V::size; ++j) all[j] = V(T{0});
                break;
            }
        }
        V const sums = sums_of_rows(all);
        V v = V(alpha) * sums;
        alignas(64) T part[V::size]{};
        if (add) {
            if (add_stride == 1) {
                v = fma(V(alpha), sums, load<V>(add + i, count));
            } else {
                for (std::size_t j = 0; j < count; ++j) part[j] = add[(i + j) * add_stride];
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
    std::size_t const row = Turned ? 1 : ldc, column = Turned ? ldc : 1;   // of C, but turned
    auto const from = [&](std::size_t at) { return add ? add + at : nullptr; };
    if constexpr (lanes<T> < 4) {
        for (std::size_t j = 0; j < n; ++j)
            dots(m, k, alpha, a, lda, b + j * ldb, c + j * column, row, from(j * column), row);
    } else {
        std::size_t const some = n <= 4 ? m : 20;   // rows that stay near
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

/// y[j] = from[j] + sum of alpha x[i] b[i, j] over G rows of b, one after the other; from may be
/// null.
template <std::size_t G, class T>
[[gnu::always_inline]] inline void add_rows(std::size_t n, T alpha, T const* x, std::size_t stride,
                                            T const* b, std::size_t ldb, T* y, T const* from) {
    using V = Batch<T>;
    constexpr std::size_t C = 4;
    V v[G];
    T const* row[G];
    LAMINA_UNROLL
    for (std::size_t g = 0; g < G; ++g) {
        v[g] = V(alpha * x[g * stride]);
        row[g] = g == 0 ? b : row[g - 1] + ldb;
    }
    std::size_t j = 0;
    for (; j + C * V::size <= n; j += C * V::size) {
        V sum[C];
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c)
            sum[c] = from ? load<V>(from + j + c * V::size) : V(T{0});
        LAMINA_UNROLL
        for (std::size_t g = 0; g < G; ++g) {
            LAMINA_UNROLL
            for (std::size_t c = 0; c < C; ++c)
                sum[c] = fma(v[g], load<V>(row[g] + j + c * V::size), sum[c]);
        }
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) kernels::store(y + j + c * V::size, sum[c]);
    }
    for (; j < n; j += V::size) {
        std::size_t const count = std::min(n - j, V::size);
        V s = from ? load<V>(from + j, count) : V(T{0});
        LAMINA_UNROLL
        for (std::size_t g = 0; g < G; ++g) s = fma(v[g], load<V>(row[g] + j, count), s);
        kernels::store(y + j, s, count);
    }
}

/// y[j] = alpha (x[k] . b[k, j]) + add[j], j < n: the rows of b are read in their order. add may be
/// null.
template <class T>
[[gnu::noinline]] void row_sums(std::size_t n, std::size_t k, T alpha, T const* x,
                                std::size_t stride, T const* b, std::size_t ldb, T* y,
                                T const* add) {
    std::size_t p = 0;
    for (; p + 8 <= k; p += 8)
        add_rows<8>(n, alpha, x + p * stride, stride, b + p * ldb, ldb, y, p > 0 ? y : add);
    for (; p < k; ++p)
        add_rows<1>(n, alpha, x + p * stride, stride, b + p * ldb, ldb, y, p > 0 ? y : add);
}

/// The same for so few columns, C batches, that they stay in registers, each sum in S parts.
template <std::size_t C, std::size_t S, class T>
[[gnu::noinline]] void narrow_row_sums(std::size_t n, std::size_t k, T alpha, T const* x,
                                       std::size_t stride, T const* b, std::size_t ldb, T* y,
                                       T const* add) {
    using V = Batch<T>;
    std::size_t count[C];
    V sum[S][C];
    LAMINA_UNROLL
    for (std::size_t c = 0; c < C; ++c) {
        std::size_t const before = std::min(n, c * V::size);
        count[c] = std::min(n - before, V::size);
        LAMINA_UNROLL
        for (std::size_t s = 0; s < S; ++s) sum[s][c] = V(T{0});
    }
    auto const step = [&](std::size_t p, V(&to)[C]) __attribute__((always_inline)) {
        V const v(x[p * stride]);
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c)
            to[c] = fma(v, load<V>(b + p * ldb + c * V::size, count[c]), to[c]);
    };
    std::size_t p = 0;
    for (; p + S <= k; p += S) {
        LAMINA_UNROLL
        for (std::size_t s = 0; s < S; ++s) step(p + s, sum[s]);
    }
    for (; p < k; ++p) step(p, sum[0]);
    LAMINA_UNROLL
    for (std::size_t c = 0; c < C; ++c) {
        LAMINA_UNROLL
        for (std::size_t h = S / 2; h > 0; h /= 2) {
            LAMINA_UNROLL
            for (std::size_t s = 0; s < h; ++s) sum[s][c] += sum[s + h][c];
        }
        V v = V(alpha) * sum[0][c];
        if (add) v = fma(V(alpha), sum[0][c], load<V>(add + c * V::size, count[c]));
        kernels::store(y + c * V::size, v, count[c]);
    }
}

/// c[i, j] = alpha a[i] b[j] + add[i, j]: a sum over k of one term. add may be null.
template <class T>
[[gnu::noinline]] void outer(std::size_t m, std::size_t n, T alpha, T const* a, std::size_t stride,
                             T const* b, T* c, std::size_t ldc, T const* add, std::size_t ldadd) {
    using V = Batch<T>;
    constexpr std::size_t some = 4;
    if (n == some * V::size && !add) {   // b stays in registers
        V x[some];
        LAMINA_UNROLL
        for (std::size_t i = 0; i < some; ++i) x[i] = load<V>(b + i * V::size);
        for (; m > 0; --m, a += stride, c += ldc) {
            V const v(alpha * *a);
            LAMINA_UNROLL
            for (std::size_t i = 0; i < some; ++i) kernels::store(c + i * V::size, v * x[i]);
        }
        return;
    }
    std::size_t const rest = n % V::size, whole = n - rest;
    for (; m > 0; --m, a += stride, c += ldc, add = add ? add + ldadd : nullptr) {
        V const v(alpha * *a);
        if (add) {
            for (std::size_t j = 0; j < whole; j += V::size)
                kernels::store(c + j, fma(v, load<V>(b + j), load<V>(add + j)));
            if (rest > 0) {
                V const sum = fma(v, load<V>(b + whole, rest), load<V>(add + whole, rest));
                kernels::store(c + whole, sum, rest);
            }
        } else {
            for (std::size_t j = 0; j < whole; j += V::size)
                kernels::store(c + j, v * load<V>(b + j));
            if (rest > 0) kernels::store(c + whole, v * load<V>(b + whole, rest), rest);
        }
    }
}

} // namespace lamina::kernels::detail
