// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/gemm_pack.hpp>
#include <lamina/kernels/gemm_tile.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/gemm_vector.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>

namespace lamina::kernels {

/// What is done to each block of C as soon as it is whole, while it is near: apply(context, c, ldc, row, column, rows, columns),
/// c being the block's first number, at (row, column) of C. Null: nothing. A pointer and not a type, so that all the layers
/// of a program share one gemm.
template <class T>
struct Finish {
    void (*apply)(void const* context, T* c, std::size_t ldc, std::size_t row, std::size_t column,
                  std::size_t rows, std::size_t columns) = nullptr;
    void const* context = nullptr;
};

/// C = finish(alpha op(A) op(B) + beta C + bias): m x n, the sum over k; all row-major, their rows lda, ldb, ldc numbers apart.
/// op(A) is A, m x k, or with transposed_a the transpose of A, k x m; op(B) likewise.
template <class T>
struct Gemm {
    std::size_t m, n, k;
    T alpha = T{1};
    T const* a;
    std::size_t lda;
    bool transposed_a = false;
    T const* b;
    std::size_t ldb;
    bool transposed_b = false;
    T beta = T{0};               // 0: C is overwritten, whatever was in it
    T* c;
    std::size_t ldc;
    T const* bias = nullptr;     // n numbers, or null
    Finish<T> finish{};
};

namespace detail {

template <class T>
struct GemmSizes {
    static constexpr std::size_t width = GemmTraits<xsimd::default_arch>::columns * lanes<T>;
    static constexpr std::size_t k = 512;               // of a packed panel of B, `width` wide
    static constexpr std::size_t rows = 960 / sizeof(T);   // of a packed block of A, k long
    static constexpr std::size_t panel = width * k, block = rows * k;
};

} // namespace detail

/// Numbers of scratch memory that gemm wants for each worker.
template <class T>
constexpr std::size_t gemm_scratch() {
    return detail::GemmSizes<T>::panel + detail::GemmSizes<T>::block;
}

namespace detail {

/// How one gemm is done.
template <class T>
struct GemmPlan {
    Gemm<T> const& g;
    std::size_t blocks = 1, depth = 0;   // the sum over k runs over `blocks` of up to `depth`
    bool pack_a = false, pack_b = false;
    std::size_t rows = 0, columns = 0;      // of a piece, where there are threads
};

/// c = finish(...) for rows [row, row + rows) of the strip at column j, one block of k.
template <class T>
void gemm_strip(GemmPlan<T> const& plan, Strip<T>& s, std::size_t p, std::size_t row, std::size_t rows,
                std::size_t j, std::size_t columns, T const* a, T* panel, bool fresh) {
    Gemm<T> const& g = plan.g;
    s.b = g.transposed_b ? g.b + j * g.ldb + p : g.b + p * g.ldb + j;
    s.ldb = g.ldb;
    if (plan.pack_b) {
        s.b = panel;
        s.ldb = (columns + lanes<T> - 1) / lanes<T> * lanes<T>;
        if (fresh)
            pack_b(s.k, columns, g.transposed_b ? g.b + j * g.ldb + p : g.b + p * g.ldb + j, g.ldb,
                   g.transposed_b, panel, s.ldb);
    }
    bool const first = p == 0 && g.beta == T{0}, whole = p + s.k == g.k && g.finish.apply;
    s.ldadd = first ? 0 : g.ldc;
    // so that it is still near when it is finished; a packed A is cut as it is
    std::size_t const chunk = whole && !s.packed ? 16 * TileSet<T>::tallest : rows;
    for (std::size_t i = 0; i < rows; i += chunk) {
        std::size_t const count = std::min(chunk, rows - i);
        T* const c = g.c + (row + i) * g.ldc + j;
        T const* const add = !first ? c : g.bias ? g.bias + j : TileSet<T>::zeros;
        strip(count, columns, s, a + i * (s.packed ? s.k : s.a_row), c, add);
        if (whole) g.finish.apply(g.finish.context, c, g.ldc, row + i, j, count, columns);
    }
}

/// One piece of C.
template <class T>
void gemm_piece(GemmPlan<T> const& plan, std::size_t row, std::size_t rows, std::size_t column,
                std::size_t columns, T* scratch) {
    using Sizes = GemmSizes<T>;
    Gemm<T> const& g = plan.g;
    Strip<T> s{};
    s.a_row = g.transposed_a ? 1 : g.lda;
    s.a_step = g.transposed_a ? g.lda : 1;
    s.alpha = g.alpha;
    s.ldc = g.ldc;
    s.packed = plan.pack_a;
    T* const panel = scratch;
    T* const block = scratch + Sizes::panel;
    auto const each_panel = [&](auto const& f) {
        for (std::size_t j = 0; j < columns; j += Sizes::width)
            f(column + j, std::min(Sizes::width, columns - j));
    };
    auto const each_k = [&](auto const& f) {
        for (std::size_t b = 0, p = 0; b < plan.blocks; ++b, p += plan.depth) {
            s.k = std::min(plan.depth, g.k - p);
            f(p);
        }
    };
    if (!plan.pack_a) {
        each_panel([&](std::size_t j, std::size_t width) {
            each_k([&](std::size_t p) {
                T const* const a = g.a + row * s.a_row + p * s.a_step;
                gemm_strip(plan, s, p, row, rows, j, width, a, panel, true);
            });
        });
        return;
    }
    std::size_t const blocks = (rows + Sizes::rows - 1) / Sizes::rows;
    std::size_t const tall = (rows + blocks - 1) / blocks;
    for (std::size_t i = 0; i < rows; i += tall) {
        std::size_t const count = std::min(tall, rows - i);
        Heights<TileSet<T>::tallest> const h(count);
        each_k([&](std::size_t p) {
            T const* const a = g.a + p * g.lda + row + i;
            for (std::size_t q = 4, done = 0; q-- > 0; done += h.count[q] * h.height[q])
                pack_transposed_a(s.k, h.count[q] * h.height[q], h.height[q], a + done, g.lda,
                                  block + done * s.k);
            each_panel([&](std::size_t j, std::size_t width) {
                gemm_strip(plan, s, p, row + i, count, j, width, static_cast<T const*>(block), panel,
                           true);
            });
        });
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

/// m = 1 or n = 1: a matrix and a vector. False if the scratch memory is too small for the vector; then nothing was done.
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
            narrow_row_sums(count, g.k, g.alpha, x, x_stride, matrix, ld, g.c, add);
        } else {
            parallel_for(threads, count, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
                row_sums(end - begin, g.k, g.alpha, x, x_stride, matrix + begin, ld, g.c + begin,
                         add ? add + begin : nullptr);
            });
        }
    } else {
        if (x_stride != 1) {
            if (g.k > gemm_scratch<T>()) return false;
            for (std::size_t p = 0; p < g.k; ++p) scratch[p] = x[p * x_stride];
            x = scratch;
        }
        parallel_for(threads, count, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
            dots(end - begin, g.k, g.alpha, matrix + begin * ld, ld, x, g.c + begin * y_stride, y_stride,
                 add ? add + begin * y_stride : nullptr, y_stride);
        });
    }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
    return true;
}

/// So few columns of a transposed B that op(A) times each of them is cheaper than a transpose.
template <class T>
bool few_columns(Gemm<T> const& g) {
    return g.transposed_b && !g.transposed_a && g.n <= 4;
}

/// Nothing to pack, nothing to cut: straight to the tiles.
template <class T>
void gemm_direct(Gemm<T> const& g) {
    constexpr std::size_t width = GemmSizes<T>::width;
    Strip<T> s{.k = g.k, .a_row = g.transposed_a ? 1 : g.lda, .a_step = g.transposed_a ? g.lda : 1,
               .packed = false, .b = g.b, .ldb = g.ldb, .last = 0, .ldc = g.ldc, .ldadd = 0,
               .alpha = g.alpha};
    if (g.beta != T{0}) s.ldadd = g.ldc;
    for (std::size_t j = 0; j < g.n; j += width, s.b += width) {
        T const* const fresh = g.bias ? g.bias + j : TileSet<T>::zeros;
        strip(g.m, std::min(width, g.n - j), s, g.a, g.c + j, g.beta != T{0} ? g.c + j : fresh);
    }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
}

/// Pieces for `workers` threads: those whose slowest thread has least to do. What the pieces cost besides the arithmetic, copies
/// of the operands, is counted in rows of it.
template <class T>
void cut(GemmPlan<T>& plan, std::size_t workers) {
    constexpr std::size_t width = GemmSizes<T>::width, rows_of_a_copy = 10;
    Gemm<T> const& g = plan.g;
    std::size_t const strips = (g.n + width - 1) / width;
    std::size_t best = ~std::size_t{0};
    for (std::size_t r = 1; r <= 2 * workers && r <= (g.m + 1) / 2; r *= 2)
        for (std::size_t c = 1; c <= 2 * workers && c <= strips; c *= 2) {
            std::size_t const rows = (g.m + r - 1) / r, wide = (strips + c - 1) / c;
            std::size_t const pieces = ((g.m + rows - 1) / rows) * ((strips + wide - 1) / wide);
            std::size_t cost = wide * rows;
            if (plan.pack_b) cost += wide * rows_of_a_copy;
            if (plan.pack_a) cost += rows / 4;
            cost *= (pieces + workers - 1) / workers;
            if (cost < best) {
                best = cost;
                plan.rows = rows;
                plan.columns = wide * width;
            }
        }
}

} // namespace detail

/// See Gemm. No operand overlaps C. `scratch` has gemm_scratch<T>() numbers for each of the threads. The bits of C depend
/// neither on the threads nor on where C is cut.
template <class T>
[[gnu::noinline]] void gemm(Gemm<T> const& g, T* scratch, Threads* threads) {
    using Sizes = detail::GemmSizes<T>;
    if (g.m == 0 || g.n == 0) return;
    bool const one = g.m == 1 || g.n == 1, few = detail::few_columns(g);
    if (g.k == 0 || (g.beta != T{0} ? g.beta != T{1} || g.bias : g.bias && g.m != 1 && (one || few))) {
        detail::scale(g, threads);
        Gemm<T> rest = g;
        rest.beta = T{1};
        rest.bias = nullptr;
        if (g.k > 0) gemm(rest, scratch, threads);
        else if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
        return;
    }
    if (one && detail::gemm_vector(g, scratch, threads)) return;
    std::size_t const work = g.m * g.n * g.k;
    if (few && work < 400000) {
        for (std::size_t j = 0; j < g.n; ++j)
            detail::dots(g.m, g.k, g.alpha, g.a, g.lda, g.b + j * g.ldb, g.c + j, g.ldc,
                         g.beta != T{0} ? g.c + j : nullptr, g.ldc);
        if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
        return;
    }
    bool const alone = threads == nullptr || threads->count() == 1 || work < 400000;
    bool const pack_a = g.transposed_a && g.k * g.m > 65536 && g.n > 128;
    bool const pack_b = g.transposed_b || (g.k * g.n > 65536 && g.m > 12);
    bool const near = !g.finish.apply || g.m * g.n <= 4096;   // all of C, when it is finished
    if (alone && near && !pack_a && !pack_b && g.k <= Sizes::k) return detail::gemm_direct(g);

    detail::GemmPlan<T> plan{.g = g};
    std::size_t const longest = std::min<std::size_t>(512, Sizes::k);
    plan.blocks = std::max<std::size_t>(1, (g.k + longest - 1) / longest);
    plan.depth = (g.k + plan.blocks - 1) / plan.blocks;
    plan.pack_a = pack_a;
    plan.pack_b = pack_b;
    if (alone) {
        detail::gemm_piece(plan, 0, g.m, 0, g.n, scratch);
        return;
    }
    detail::cut(plan, threads->count());
    std::size_t const across = (g.n + plan.columns - 1) / plan.columns;
    std::size_t const pieces = (g.m + plan.rows - 1) / plan.rows * across;
    parallel_for(threads, pieces, 1, [&](std::size_t i, std::size_t, std::size_t worker) {
        std::size_t const row = i / across * plan.rows, column = i % across * plan.columns;
        detail::gemm_piece(plan, row, std::min(plan.rows, g.m - row), column,
                           std::min(plan.columns, g.n - column), scratch + worker * gemm_scratch<T>());
    });
}

} // namespace lamina::kernels
