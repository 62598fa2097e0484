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
/// strides, add may be null.
template <class T>
[[gnu::noinline]] void dots(std::size_t m, std::size_t k, T alpha, T const* a, std::size_t lda,
                            T const* x, T* y, std::size_t stride, T const* add,
                            std::size_t add_stride) {
    using V = Batch<T>;
    constexpr std::size_t step = 4;   // rows that share the loads of x
    std::size_t const rest = k % V::size, even = k / (2 * V::size) * (2 * V::size);
    for (std::size_t i = 0; i < m; i += V::size) {
        std::size_t const count = std::min(m - i, V::size);
        V all[V::size];
        for (std::size_t r = 0; r < V::size; r += step) {
            // rows beyond the last are the last one again: they cost time, not correctness
            T const* row[step];
            LAMINA_UNROLL
            for (std::size_t j = 0; j < step; ++j) row[j] = a + std::min(i + r + j, m - 1) * lda;
            V sum[2][step];
            LAMINA_UNROLL
            for (std::size_t j = 0; j < step; ++j) sum[0][j] = sum[1][j] = V(T{0});
            std::size_t p = 0;
            if (r < count) {
                for (; p < even; p += 2 * V::size) {
                    V const u = in_register(load<V>(x + p));
                    V const v = in_register(load<V>(x + p + V::size));
                    LAMINA_UNROLL
                    for (std::size_t j = 0; j < step; ++j) {
                        sum[0][j] = fma(u, load<V>(row[j] + p), sum[0][j]);
                        sum[1][j] = fma(v, load<V>(row[j] + p + V::size), sum[1][j]);
                    }
                }
                if (p + V::size <= k) {
                    V const u = load<V>(x + p);
                    LAMINA_UNROLL
                    for (std::size_t j = 0; j < step; ++j)
                        sum[0][j] = fma(u, load<V>(row[j] + p), sum[0][j]);
                    p += V::size;
                }
                if (rest > 0) {
                    V const u = load<V>(x + p, rest);
                    LAMINA_UNROLL
                    for (std::size_t j = 0; j < step; ++j)
                        sum[1][j] = fma(u, load<V>(row[j] + p, rest), sum[1][j]);
                }
            }
            for (std::size_t j = 0; j < step && r + j < V::size; ++j)
                all[r + j] = sum[0][j] + sum[1][j];
        }
        V v = V(alpha) * sums_of_rows(all);
        alignas(64) T part[V::size];
        if (add) {
            if (add_stride == 1) {
                v += load<V>(add + i, count);
            } else {
                for (std::size_t j = 0; j < V::size; ++j)
                    part[j] = j < count ? add[(i + j) * add_stride] : T{0};
                v += load<V>(part);
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

/// y[j] += sum of alpha x[i] b[i, j] over G rows of b, one after the other.
template <std::size_t G, class T>
[[gnu::always_inline]] inline void add_rows(std::size_t n, T alpha, T const* x, std::size_t stride,
                                            T const* b, std::size_t ldb, T* y, T const* from) {
    using V = Batch<T>;
    V v[G];
    LAMINA_UNROLL
    for (std::size_t g = 0; g < G; ++g) v[g] = V(alpha * x[g * stride]);
    std::size_t j = 0;
    for (; j + 2 * V::size <= n; j += 2 * V::size) {
        V s0(T{0}), s1(T{0});
        if (from) s0 = load<V>(from + j), s1 = load<V>(from + j + V::size);
        LAMINA_UNROLL
        for (std::size_t g = 0; g < G; ++g) {
            s0 = fma(v[g], load<V>(b + g * ldb + j), s0);
            s1 = fma(v[g], load<V>(b + g * ldb + j + V::size), s1);
        }
        kernels::store(y + j, s0);
        kernels::store(y + j + V::size, s1);
    }
    for (; j < n; j += V::size) {
        std::size_t const count = std::min(n - j, V::size);
        V s = from ? load<V>(from + j, count) : V(T{0});
        LAMINA_UNROLL
        for (std::size_t g = 0; g < G; ++g) s = fma(v[g], load<V>(b + g * ldb + j, count), s);
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

/// The same for so few columns that they stay in registers, each sum in two parts.
template <class T>
[[gnu::noinline]] void narrow_row_sums(std::size_t n, std::size_t k, T alpha, T const* x,
                                       std::size_t stride, T const* b, std::size_t ldb, T* y,
                                       T const* add) {
    using V = Batch<T>;
    constexpr std::size_t C = GemmTraits<xsimd::default_arch>::columns;
    std::size_t count[C];
    V sum[2][C];
    LAMINA_UNROLL
    for (std::size_t c = 0; c < C; ++c) {
        std::size_t const before = std::min(n, c * V::size);
        count[c] = std::min(n - before, V::size);
        sum[0][c] = sum[1][c] = V(T{0});
    }
    auto const step = [&](std::size_t p, V(&to)[C]) __attribute__((always_inline)) {
        V const v(x[p * stride]);
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c)
            to[c] = fma(v, load<V>(b + p * ldb + c * V::size, count[c]), to[c]);
    };
    std::size_t p = 0;
    for (; p + 2 <= k; p += 2) step(p, sum[0]), step(p + 1, sum[1]);
    if (p < k) step(p, sum[0]);
    LAMINA_UNROLL
    for (std::size_t c = 0; c < C; ++c) {
        V v = V(alpha) * (sum[0][c] + sum[1][c]);
        if (add) v += load<V>(add + c * V::size, count[c]);
        kernels::store(y + c * V::size, v, count[c]);
    }
}

} // namespace lamina::kernels::detail
