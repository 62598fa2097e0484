// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/gemm_dots.hpp>
#include <lamina/kernels/gemm_groups.hpp>
#include <lamina/kernels/gemm_task.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>

/// Products of a matrix and a vector: each number of the matrix is used once, so they run as fast
/// as it can be read.
namespace lamina::kernels::detail {

/// Rows of a matrix that are read at a time. Where registers are few, they are fewer, and what is
/// read next is fetched: the same columns of the rows behind.
inline constexpr bool fetches_rows = !GemmTraits<xsimd::default_arch>::many;
inline constexpr std::size_t rows_at_a_time = fetches_rows ? 4 : 8;

/// y[j] = from[j] + sum of alpha x[i] b[i, j] over G rows of b, one after the other; from may be
/// null. Without masks only whole batches.
template <std::size_t G, class T>
LAMINA_ALWAYS_INLINE inline void add_rows(std::size_t n, T alpha, T const* x, std::size_t stride,
                                          T const* b, std::size_t ldb, T* y, T const* from) {
    using V = Batch<T>;
    constexpr std::size_t C = 4, line = 64 / sizeof(T);
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
            if constexpr (fetches_rows && G > 1) {
                LAMINA_UNROLL
                for (std::size_t c = 0; c < C * V::size; c += line)
                    __builtin_prefetch(row[g] + G * ldb + j + c);
            }
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

/// y[j] = alpha (x[k] . b[k, j]) + add[j], j < n, for so few columns, C batches, the last of which
/// may be part of one, that they stay in registers, each sum in S parts. add may be null. Inside:
/// add is not y, so the last of several batches begins within the one before and needs no mask.
template <std::size_t C, std::size_t S, bool Inside = false, class T>
[[gnu::noinline]] void narrow_row_sums(std::size_t n, std::size_t k, T alpha, T const* x,
                                       std::size_t stride, T const* b, std::size_t ldb, T* y,
                                       T const* add) {
    using V = Batch<T>;
    V sum[S][C];
    LAMINA_UNROLL
    for (std::size_t s = 0; s < S; ++s) {
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) sum[s][c] = V(T{0});
    }
    std::size_t const last = Inside ? n - V::size : (C - 1) * V::size, rest = n - last;
    auto const place = [&](std::size_t c)
                           LAMINA_ALWAYS_INLINE { return c + 1 < C ? c * V::size : last; };
    auto const part = [&](T const* row, std::size_t c) LAMINA_ALWAYS_INLINE {
        return Inside || c + 1 < C ? load<V>(row + place(c)) : load<V>(row + last, rest);
    };
    auto const step = [&](std::size_t p, V const& v, V(&to)[C]) LAMINA_ALWAYS_INLINE {
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) to[c] = fma(v, part(b + p * ldb, c), to[c]);
    };
    std::size_t p = 0;
    constexpr std::size_t some = std::max(S, group<V>);
    if (stride == 1) // what is read beside b comes several to a load
        for (; p + some <= k; p += some) {
            LAMINA_UNROLL
            for (std::size_t q = 0; q < some; q += group<V>) {
                V const four = opaque(broadcast_group<V>(x + p + q));
                LAMINA_UNROLL
                for (std::size_t i = 0; i < group<V>; ++i)
                    step(p + q + i, of_group(four, i), sum[(q + i) % S]);
            }
        }
    for (; p + S <= k; p += S) {
        LAMINA_UNROLL
        for (std::size_t s = 0; s < S; ++s) step(p + s, V(x[(p + s) * stride]), sum[s]);
    }
    for (; p < k; ++p) step(p, V(x[p * stride]), sum[0]);
    LAMINA_UNROLL
    for (std::size_t c = 0; c < C; ++c) {
        LAMINA_UNROLL
        for (std::size_t h = S / 2; h > 0; h /= 2) {
            LAMINA_UNROLL
            for (std::size_t s = 0; s < h; ++s) sum[s][c] += sum[s + h][c];
        }
        V v = V(alpha) * sum[0][c];
        if (add) v = fma(V(alpha), sum[0][c], part(add, c));
        if (Inside || c + 1 < C) kernels::store(y + place(c), v);
        else kernels::store(y + last, v, rest);
    }
}

/// The same for any number of columns: the rows of b are read in their order.
template <class T>
[[gnu::noinline]] void row_sums(std::size_t n, std::size_t k, T alpha, T const* x,
                                std::size_t stride, T const* b, std::size_t ldb, T* y,
                                T const* add) {
    constexpr std::size_t some = rows_at_a_time;
    std::size_t whole = n;
    if constexpr (!GemmTraits<xsimd::default_arch>::masks) {
        whole -= n % lanes<T>;
        if (whole < n) // what is stored in parts is not to be loaded again for the next rows
            narrow_row_sums<1, 8>(n - whole, k, alpha, x, stride, b + whole, ldb, y + whole,
                                  add ? add + whole : nullptr);
    }
    std::size_t p = 0;
    for (; p + some <= k; p += some)
        add_rows<some>(whole, alpha, x + p * stride, stride, b + p * ldb, ldb, y, p > 0 ? y : add);
    for (; p < k; ++p)
        add_rows<1>(whole, alpha, x + p * stride, stride, b + p * ldb, ldb, y, p > 0 ? y : add);
}

/// The same by all threads. A large matrix is cut between two rows before it is cut between
/// columns, whoever computes, and the lower half has sums of its own, in `room`: what a thread
/// reads then lies in one piece. Half of each row, at a power of two from the next, would find room
/// in half of a cache only (1 x 512 x 512 with two threads on Zen 3: 22 us, 9.5 so, 15.5 with one).
template <class T>
[[gnu::noinline]] void shared_row_sums(std::size_t n, std::size_t k, T alpha, T const* x,
                                       std::size_t stride, T const* b, std::size_t ldb, T* y,
                                       T const* add, T* room, Threads* threads) {
    using V = Batch<T>;
    bool const halves = n * k >= 131072 && n <= GemmSizes<T>::room;
    std::size_t const upper = halves ? k / 2 : k;
    // An even share of each row for every two threads, and no more than keeps y near.
    std::size_t const pairs = threads && halves ? (threads->count() + 1) / 2 : 1;
    std::size_t const even = (n + 64 * pairs - 1) / (64 * pairs) * 64;
    std::size_t const wide = std::min<std::size_t>(512, even), across = (n + wide - 1) / wide;
    auto const piece = [&](std::size_t i, std::size_t, std::size_t) {
        std::size_t const j = i % across * wide, columns = std::min(n - j, wide);
        if (i < across)
            row_sums(columns, upper, alpha, x, stride, b + j, ldb, y + j, add ? add + j : nullptr);
        else
            row_sums(columns, k - upper, alpha, x + upper * stride, stride, b + upper * ldb + j,
                     ldb, room + j, static_cast<T const*>(nullptr));
    };
    if (across == 1 && !halves) return piece(0, 0, 0);
    parallel_for(threads, halves ? 2 * across : across, 1, piece);
    for (std::size_t j = 0; halves && j < n; j += V::size) {
        std::size_t const some = std::min(n - j, V::size);
        kernels::store(y + j, load<V>(y + j, some) + load<V>(room + j, some), some);
    }
}

/// narrow_row_sums for as many columns as registers hold sums of. False: there are more, or they
/// would overlap and add is y.
template <class T>
[[gnu::noinline]] bool few_row_sums(std::size_t n, std::size_t k, T alpha, T const* x,
                                    std::size_t stride, T const* b, std::size_t ldb, T* y,
                                    T const* add) {
    using Sums = void (*)(std::size_t, std::size_t, T, T const*, std::size_t, T const*, std::size_t,
                          T*, T const*);
    constexpr std::size_t masked = GemmTraits<xsimd::default_arch>::columns;
    constexpr bool inside = masked < 4; // with three and four batches
    constexpr std::size_t two = inside ? 2 : 4;
    constexpr Sums sums[]{&narrow_row_sums<1, 8, false, T>,  &narrow_row_sums<2, two, false, T>,
                          &narrow_row_sums<3, 4, inside, T>, &narrow_row_sums<4, 2, inside, T>,
                          &narrow_row_sums<5, 2, true, T>,   &narrow_row_sums<6, 2, true, T>,
                          &narrow_row_sums<7, 1, true, T>,   &narrow_row_sums<8, 1, true, T>};
    std::size_t const batches = (n + lanes<T> - 1) / lanes<T>;
    if (batches > 8 || (batches > masked && add == y)) return false;
    sums[batches - 1](n, k, alpha, x, stride, b, ldb, y, add);
    return true;
}

/// c[i, j] = alpha a[i] b[j] for C batches of columns: b stays in registers.
template <std::size_t C, class T>
LAMINA_ALWAYS_INLINE inline void outer_batches(std::size_t m, T alpha, T const* a,
                                               std::size_t stride, T const* b, T* c,
                                               std::size_t ldc) {
    using V = Batch<T>;
    V x[C];
    LAMINA_UNROLL
    for (std::size_t i = 0; i < C; ++i) x[i] = load<V>(b + i * V::size);
    for (; m > 0; --m, a += stride, c += ldc) {
        V const v(alpha * *a);
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) kernels::store(c + i * V::size, v * x[i]);
    }
}

/// c[i, j] = alpha a[i] b[j] + add[i, j]: a sum over k of one term. add may be null.
template <class T>
[[gnu::noinline]] void outer(std::size_t m, std::size_t n, T alpha, T const* a, std::size_t stride,
                             T const* b, T* c, std::size_t ldc, T const* add, std::size_t ldadd) {
    using V = Batch<T>;
    constexpr std::size_t some = 4;
    if (n == some * V::size && !add) return outer_batches<some>(m, alpha, a, stride, b, c, ldc);
    if constexpr (overlaps) { // rows are short, and each would begin anew
        constexpr std::size_t wide = 2 * some * V::size;
        for (; n >= wide && !add; n -= wide, b += wide, c += wide)
            outer_batches<2 * some>(m, alpha, a, stride, b, c, ldc);
        if (n == 0) return;
    }
    std::size_t const rest = n % V::size, whole = n - rest;
    if (ldc == n && !add && rest > 0) {
        // Rows of C follow each other: whole batches may reach into the next, which comes then.
        V const last = load<V>(b + whole, rest);
        for (; m * n >= whole + V::size; --m, a += stride, c += n) {
            V const v(alpha * *a);
            for (std::size_t j = 0; j < whole; j += V::size)
                kernels::store(c + j, v * load<V>(b + j));
            kernels::store(c + whole, v * last);
        }
    }
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

/// m = 1 or n = 1: a matrix and a vector. False if the scratch memory is too small for the vector;
/// then nothing was done.
template <class T>
[[gnu::noinline]] bool gemm_vector(Gemm<T> const& g, T* scratch, Threads* threads) {
    bool const row = g.m == 1; // y = x op(B), else y = op(A) x
    std::size_t const count = row ? g.n : g.m, y_stride = row ? 1 : g.ldc;
    T const* const matrix = row ? g.b : g.a;
    std::size_t const ld = row ? g.ldb : g.lda;
    T const* x = row ? g.a : g.b;
    std::size_t x_stride = (row ? g.transposed_a : !g.transposed_b) ? (row ? g.lda : g.ldb) : 1;
    bool const by_rows = row ? !g.transposed_b : g.transposed_a;
    T const* const add = g.beta != T{0} ? g.c : g.bias;
    if (by_rows) {
        if (y_stride != 1) { // a column of C, by way of scratch memory
            if (count > GemmSizes<T>::room ||
                !few_row_sums(count, g.k, g.alpha, x, x_stride, matrix, ld, scratch,
                              static_cast<T const*>(nullptr)))
                return false;
            for (std::size_t i = 0; i < count; ++i)
                g.c[i * y_stride] = add ? scratch[i] + add[i * y_stride] : scratch[i];
            if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
            return true;
        }
        if (!few_row_sums(count, g.k, g.alpha, x, x_stride, matrix, ld, g.c, add))
            shared_row_sums(count, g.k, g.alpha, x, x_stride, matrix, ld, g.c, add, scratch,
                            threads);
    } else {
        if (x_stride != 1) {
            if (g.k > GemmSizes<T>::room) return false;
            for (std::size_t p = 0; p < g.k; ++p) scratch[p] = x[p * x_stride];
            x = scratch;
        }
        share(threads, count, 5 * g.k, 64, [&](std::size_t begin, std::size_t end, std::size_t) {
            std::size_t const at = begin * y_stride;
            dots(end - begin, g.k, g.alpha, matrix + begin * ld, ld, x, g.c + at, y_stride,
                 add ? add + at : nullptr, y_stride);
        });
    }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
    return true;
}

} // namespace lamina::kernels::detail
