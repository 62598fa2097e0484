// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/gemm_narrow.hpp>
#include <lamina/kernels/gemm_pack.hpp>
#include <lamina/kernels/gemm_task.hpp>
#include <lamina/kernels/gemm_tile.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/gemm_vector.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>

namespace lamina::kernels {

namespace detail {

/// So few rows that a copy of B would not be read often enough to pay, if a strip's piece of a row
/// is long enough to come from afar in one go, and A stays near.
template <class T>
bool few_rows(Gemm<T> const& g) {
    return GemmSizes<T>::width * sizeof(T) >= 256 && g.m <= 64 && g.m * g.k <= 65536 &&
           !g.transposed_a;
}

/// Rows [row, row + rows) and columns [column, column + columns) of C. `pack`: copies of B, panel
/// by panel.
template <class T>
[[gnu::noinline]] void gemm_piece(Gemm<T> const& g, bool pack, std::size_t row, std::size_t rows,
                                  std::size_t column, std::size_t columns, T* panel) {
    using Sizes = GemmSizes<T>;
    using Set = TileSet<T>;
    // One panel alone, over a long sum: both operands come from afar, and soon go again. Few rows:
    // what is copied of B stays in the nearest cache.
    std::size_t const longest = g.transposed_a && g.n <= Sizes::width     ? 64
                                : g.m <= 64 && (pack || !few_rows(g)) ? 128
                                                                      : Sizes::k;
    std::size_t const blocks = (g.k + longest - 1) / longest, depth = (g.k + blocks - 1) / blocks;
    Strip<T> s{.k = 0, .a_row = g.transposed_a ? 1 : g.lda, .a_step = g.transposed_a ? g.lda : 1,
               .b = nullptr, .ldb = g.ldb, .ldc = g.ldc, .zero = false};
    for (std::size_t j = column, width; j < column + columns; j += width) {
        width = next_strip<T>(column + columns - j, rows, g.k);
        for (std::size_t p = 0; p < g.k; p += depth) {
            s.k = std::min(depth, g.k - p);
            s.b = g.transposed_b ? g.b + j * g.ldb + p : g.b + p * g.ldb + j;
            bool const fresh = p == 0 && g.beta == T{0};
            bool const whole = p + s.k == g.k && g.finish.apply;
            T const* a = g.a + row * s.a_row + p * s.a_step;
            T* c = g.c + row * g.ldc + j;
            s.zero = fresh && !g.bias;
            s.bias = fresh && g.bias ? g.bias + j : nullptr;
            std::size_t const near = (width + lanes<T> - 1) / lanes<T> * lanes<T>;
            std::size_t done = 0;   // rows
            if (pack && !g.transposed_b && g.alpha == T{1} && width >= Set::copied && rows > 12) {
                done = Set::tallest;
                s.ldb = g.ldb, s.last = (width - 1) % lanes<T> + 1, s.copy = panel;
                Set::copying(1, s, a, c);
            } else if (pack) {
                pack_b(s.k, width, g.alpha, s.b, g.ldb, g.transposed_b, panel, near);
            }
            if (pack) s.b = panel, s.ldb = near;
            // so that it is still near when it is finished
            std::size_t const chunk = whole ? 16 * Set::tallest : rows;
            for (std::size_t i = 0; i < rows; i += chunk) {
                std::size_t const count = std::min(chunk, rows - i);
                strip(count - done, width, s, a + done * s.a_row, c + done * g.ldc);
                if (whole) g.finish.apply(g.finish.context, c, g.ldc, row + i, j, count, width);
                a += count * s.a_row, c += count * g.ldc;
                done = 0;
            }
        }
    }
}

/// C = beta C + bias.
template <class T>
[[gnu::noinline]] void scale(Gemm<T> const& g, Threads* threads) {
    using V = Batch<T>;
    std::size_t const grain = std::max<std::size_t>(1, 16384 / g.n);
    parallel_for(threads, g.m, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i)
            for (std::size_t j = 0; j < g.n; j += V::size) {
                std::size_t const count = std::min(g.n - j, V::size);
                T* const c = g.c + i * g.ldc + j;
                V v = g.bias ? load<V>(g.bias + j, count) : V(T{0});
                if (g.beta != T{0}) v = fma(V(g.beta), load<V>(c, count), v);
                kernels::store(c, v, count);
            }
    });
}

/// m = 1 or n = 1: a matrix and a vector. False if the scratch memory is too small for the vector;
/// then nothing was done.
template <class T>
[[gnu::noinline]] bool gemm_vector(Gemm<T> const& g, T* scratch, Threads* threads) {
    bool const row = g.m == 1;   // y = x op(B), else y = op(A) x
    std::size_t const count = row ? g.n : g.m, y_stride = row ? 1 : g.ldc;
    T const* const matrix = row ? g.b : g.a;
    std::size_t const ld = row ? g.ldb : g.lda;
    T const* x = row ? g.a : g.b;
    std::size_t x_stride = (row ? g.transposed_a : !g.transposed_b) ? (row ? g.lda : g.ldb) : 1;
    bool const by_rows = row ? !g.transposed_b : g.transposed_a;
    T const* const add = g.beta != T{0} ? g.c : g.bias;
    std::size_t const grain = std::max<std::size_t>(1, 131072 / g.k / 64) * 64;
    if (by_rows) {
        if (y_stride != 1) return false;
        constexpr std::size_t widest = GemmTraits<xsimd::default_arch>::columns;
        if (count <= widest * lanes<T>) {
            auto const sums = count <= lanes<T> ? &narrow_row_sums<1, 8, T>
                                                : &narrow_row_sums<widest, 2, T>;
            sums(count, g.k, g.alpha, x, x_stride, matrix, ld, g.c, add);
        } else {
            auto const piece = [&](std::size_t begin, std::size_t end, std::size_t) {
                row_sums(end - begin, g.k, g.alpha, x, x_stride, matrix + begin, ld, g.c + begin,
                         add ? add + begin : nullptr);
            };
            // An even share of each row for each thread, and no more than keeps y near.
            std::size_t const shares = threads && count * g.k >= 131072 ? threads->count() : 1;
            std::size_t const share = (count + 64 * shares - 1) / (64 * shares) * 64;
            parallel_for(threads, count, std::min<std::size_t>(512, share), piece);
        }
    } else {
        if (x_stride != 1) {
            if (g.k > gemm_scratch<T>()) return false;
            for (std::size_t p = 0; p < g.k; ++p) scratch[p] = x[p * x_stride];
            x = scratch;
        }
        parallel_for(threads, count, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
            std::size_t const at = begin * y_stride;
            dots(end - begin, g.k, g.alpha, matrix + begin * ld, ld, x, g.c + at, y_stride,
                 add ? add + at : nullptr, y_stride);
        });
    }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
    return true;
}

/// One strip of few tiles: nothing to decide.
template <class T>
[[gnu::always_inline]] inline bool is_tiny(Gemm<T> const& g) {
    std::size_t const least = g.n <= lanes<T> / 2 ? 6 : 24;
    bool const odd = (g.n - 1) % lanes<T> < lanes<T> / 2 && g.m >= least && g.k >= 20;
    return !g.transposed_b && g.n <= GemmSizes<T>::width && g.k <= 64 && g.m <= 64 && !odd &&
           g.k > 1 && g.n > 1 && g.m > 1 && g.alpha == T{1} &&
           (g.beta == T{0} || (g.beta == T{1} && !g.bias)) && !(g.transposed_a && wants_swap(g));
}
template <class T>
[[gnu::always_inline]] inline void gemm_tiny(Gemm<T> const& g) {
    bool const fresh = g.beta == T{0};
    Strip<T> s{.k = g.k, .a_row = g.transposed_a ? 1 : g.lda, .a_step = g.transposed_a ? g.lda : 1,
               .b = g.b, .ldb = g.ldb, .ldc = g.ldc,
               .zero = fresh && !g.bias, .bias = fresh ? g.bias : nullptr};
    strip(g.m, g.n, s, g.a, g.c);
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
}

/// Whether C is most of what comes and goes, and is better written in the order in which it lies:
/// sums are short, and all of B stays near. The shortest ones only if rows of C lie so that they
/// drive each other out of the cache.
template <class T>
bool goes_across(Gemm<T> const& g) {
    return g.k <= 32 && g.k * g.n <= 8192 && g.n >= 2 * GemmSizes<T>::width &&
           (g.k > shortest || g.ldc * sizeof(T) % 4096 == 0);
}

/// Nothing to pack, nothing to cut: straight to the tiles.
template <class T>
void gemm_direct(Gemm<T> const& g) {
    constexpr std::size_t wide = GemmSizes<T>::width, tall = 4;
    bool const fresh = g.beta == T{0};
    Strip<T> s{.k = g.k, .a_row = g.transposed_a ? 1 : g.lda, .a_step = g.transposed_a ? g.lda : 1,
               .b = g.b, .ldb = g.ldb, .ldc = g.ldc, .zero = fresh && !g.bias,
               .bias = fresh ? g.bias : nullptr};
    std::size_t across = 0, down = 0;   // what is done so far: columns, and of these rows
    if (goes_across(g)) {
        across = g.n / wide * wide, down = g.m / tall * tall;
        tiles_across<tall>(down / tall, across / wide, s, g.a, g.c);
    }
    for (std::size_t j = 0, width; j < g.n; j += width, s.b += width) {
        width = next_strip<T>(j < across ? wide : g.n - j, g.m, g.k);
        std::size_t const from = j < across ? down : 0;
        if (from < g.m) strip(g.m - from, width, s, g.a + from * s.a_row, g.c + from * g.ldc + j);
        if (s.bias) s.bias += width;
    }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
}

/// A long sum for a small C is cut into so many parts, each added up by itself: by the shape alone,
/// so that the bits do not depend on the threads. 1: it is not cut.
template <class T>
std::size_t parts_of_sum(Gemm<T> const& g) {
    std::size_t const room = gemm_scratch<T>() - (wants_swap(g) ? g.n * GemmSizes<T>::width : 0);
    if (g.k < 2048 || g.n > GemmSizes<T>::width || 4 * g.m * g.n > room || g.transposed_b ||
        g.alpha != T{1} || g.bias)
        return 1;
    return std::min<std::size_t>(8, room / (g.m * g.n));
}

template <class T>
[[gnu::noinline]] void gemm_in_parts(Gemm<T> const& g, std::size_t parts, T* scratch,
                                     Threads* threads) {
    using V = Batch<T>;
    std::size_t const depth = (g.k + parts - 1) / parts, size = g.m * g.n;
    T* const sums = scratch + gemm_scratch<T>() - parts * size;   // behind the first worker's own
    parallel_for(threads, parts, 1, [&](std::size_t i, std::size_t, std::size_t worker) {
        std::size_t const p = i * depth;
        Gemm<T> part = g;
        part.k = std::min(depth, g.k - p);
        part.a += p * (g.transposed_a ? g.lda : 1);
        part.b += p * g.ldb;
        part.c = sums + i * size;
        part.ldc = g.n;
        part.beta = T{0};
        part.finish = {};
        if (wants_swap(g)) gemm_swapped(part, 0, g.m, scratch + worker * gemm_scratch<T>());
        else gemm_piece(part, false, 0, g.m, 0, g.n, static_cast<T*>(nullptr));
    });
    for (std::size_t i = 0; i < g.m; ++i)
        for (std::size_t j = 0; j < g.n; j += V::size) {
            std::size_t const count = std::min(g.n - j, V::size);
            T* const c = g.c + i * g.ldc + j;
            T const* from = sums + i * g.n + j;
            V v = load<V>(from, count);
            for (std::size_t part = 1; part < parts; ++part)
                v += load<V>(from += size, count);
            kernels::store(c, g.beta == T{0} ? v : v + load<V>(c, count), count);
        }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
}

struct Pieces {
    std::size_t rows, columns;   // of each; those at the end may be smaller
};

/// Pieces of C for `workers` threads: those whose slowest thread has least to do. What the copies
/// of B cost is counted in rows.
template <class T>
Pieces cut(Gemm<T> const& g, bool pack, std::size_t workers) {
    constexpr std::size_t width = GemmSizes<T>::width;
    std::size_t const strips = (g.n + width - 1) / width;
    std::size_t best = ~std::size_t{0};
    Pieces pieces{};
    for (std::size_t r = 1; r < 4 * workers && r <= (g.m + 1) / 2; r = r < workers ? r + 1 : 2 * r)
        for (std::size_t c = 1; c < 4 * workers && c <= strips; c = c < workers ? c + 1 : 2 * c) {
            std::size_t const rows = (g.m + r - 1) / r, wide = (strips + c - 1) / c;
            std::size_t const count = ((g.m + rows - 1) / rows) * ((strips + wide - 1) / wide);
            std::size_t const rounds = (count + workers - 1) / workers;
            std::size_t const cost = rounds * wide * (rows + (pack ? 10 : 1));
            if (cost < best) best = cost, pieces = {rows, wide * width};
        }
    return pieces;
}

template <class T>
[[gnu::noinline]] void gemm_large(Gemm<T> const& g, T* scratch, Threads* threads) {
    using Sizes = GemmSizes<T>;
    if (g.m == 0 || g.n == 0) return;
    bool const one = g.m == 1 || g.n == 1, few = few_columns(g) || few_rows_of_dots(g);
    bool const adds_both = g.beta != T{0} && (g.beta != T{1} || g.bias);
    if (g.k == 0 || adds_both || (g.bias && g.m != 1 && (one || few))) {
        scale(g, threads);
        Gemm<T> rest = g;
        rest.beta = T{1};
        rest.bias = nullptr;
        if (g.k > 0) gemm_large(rest, scratch, threads);
        else if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
        return;
    }
    if (one && gemm_vector(g, scratch, threads)) return;
    if (g.k == 1 && (!g.transposed_b || g.ldb == 1)) {
        bool const fresh = g.beta == T{0};
        auto const rows = [&](std::size_t begin, std::size_t end, std::size_t) {
            std::size_t const step = g.transposed_a ? 1 : g.lda;
            T* const c = g.c + begin * g.ldc;
            outer(end - begin, g.n, g.alpha, g.a + begin * step, step, g.b, c, g.ldc,
                          fresh ? g.bias : c, fresh ? 0 : g.ldc);
        };
        parallel_for(threads, g.m, std::max<std::size_t>(16, 131072 / g.n), rows);
        if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
        return;
    }
    if (few && few_columns(g)) return gemm_dots(g, scratch, threads);
    if (few) return gemm_dots_of_rows(g, threads);
    if (std::size_t const parts = parts_of_sum(g); parts > 1) {
        gemm_in_parts(g, parts, scratch, threads);
        return;
    }
    if (bool const turns = wants_swap(g); splits(g) && (!turns || g.n > 2 * lanes<T>)) {
        std::size_t const first = g.n - g.n % lanes<T>;
        Gemm<T> most = g, rest = columns_from(g, first);
        FinishFrom<T> const finish{g.finish, first};
        most.n = first;
        rest.finish = finish.finish();
        gemm_large(most, scratch, threads);
        gemm_large(rest, scratch, threads);
        return;
    } else if (turns) {
        std::size_t const rows = std::max<std::size_t>(1, 200000 / (g.n * g.k * Sizes::width));
        parallel_for(threads, g.m, rows * Sizes::width,
                     [&](std::size_t begin, std::size_t end, std::size_t worker) {
                         gemm_swapped(g, begin, end, scratch + worker * gemm_scratch<T>());
                     });
        return;
    }
    std::size_t const work = g.m * g.n * g.k;
    bool const alone = threads == nullptr || threads->count() == 1 || work < 400000;
    std::size_t const far = g.transposed_a && g.m >= 64 ? 32768 : 65536;
    bool const large = g.n > Sizes::width && g.k * g.n > far && g.m > 12 && !few_rows(g);
    bool const pack = g.transposed_b || g.alpha != T{1} || large;
    if (alone) {
        bool const near = !g.finish.apply || g.m * g.n <= 4096;   // all of C, when it is finished
        if (near && !pack && g.k <= (g.m <= 64 ? 160 : Sizes::k)) gemm_direct(g);
        else gemm_piece(g, pack, 0, g.m, 0, g.n, scratch);
        return;
    }
    Pieces const size = cut(g, pack, threads->count());
    std::size_t const across = (g.n + size.columns - 1) / size.columns;
    std::size_t const pieces = (g.m + size.rows - 1) / size.rows * across;
    parallel_for(threads, pieces, 1, [&](std::size_t i, std::size_t, std::size_t worker) {
        std::size_t const row = i / across * size.rows, column = i % across * size.columns;
        gemm_piece(g, pack, row, std::min(size.rows, g.m - row), column,
                           std::min(size.columns, g.n - column),
                           scratch + worker * gemm_scratch<T>());
    });
}

} // namespace detail

/// See Gemm. No operand overlaps C. `scratch` has gemm_scratch<T>() numbers for each of the
/// threads. The bits of C depend neither on the threads nor on where C is cut.
template <class T>
[[gnu::noinline]] void gemm(Gemm<T> const& g, T* scratch, Threads* threads) {
    if (detail::is_tiny(g)) detail::gemm_tiny(g);
    else detail::gemm_large(g, scratch, threads);
}

} // namespace lamina::kernels
