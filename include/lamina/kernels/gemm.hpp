// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/gemm_task.hpp>

#if LAMINA_BODIES
#include <lamina/kernels/gemm_narrow.hpp>
#include <lamina/kernels/gemm_pieces.hpp>
#include <lamina/kernels/gemm_strip.hpp>
#include <lamina/kernels/gemm_tile.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/gemm_vector.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <algorithm>
#include <cstddef>
#endif

namespace lamina::kernels {

/// See Gemm. No operand overlaps C. `scratch` has gemm_scratch<T>(n) numbers for each of the
/// threads. The bits of C depend neither on the threads nor on where C is cut.
template <class T>
void gemm(Gemm<T> const& g, T* scratch, Threads* threads);

#if LAMINA_BODIES

namespace detail {

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

/// So few strips of a small product that each is read and written as it comes.
template <class T>
LAMINA_ALWAYS_INLINE inline bool few_strips(Gemm<T> const& g) {
    if (one_strip<T>(g.n, g.k)) return true;
    if constexpr (TileSet<T>::evenly)
        return (g.k > shortest || g.m >= 8) && g.ldc * sizeof(T) % 4096 != 0 &&
               !(g.transposed_a && splits(g));
    else return false;
}

/// Few strips of few tiles: nothing to decide. (All three are asked at once: of 0 and 1, 2 less is
/// a large number.)
template <class T>
LAMINA_ALWAYS_INLINE inline bool is_tiny(Gemm<T> const& g) {
    if (((g.m - 2) | (g.n - 2) | (g.k - 2)) >= 64 || !few_strips(g) || g.alpha != T{1} ||
        (g.beta != T{0} && (g.beta != T{1} || g.bias)) || g.m * g.n * g.k >= too_few)
        return false;
    if (g.transposed_b && (few_columns(g, g.n) || few_rows_of_dots(g))) return false;
    if (g.transposed_a || g.transposed_b) return !wants_swap(g, g.n);
    return g.k < 20 || (g.n - 1) % lanes<T> >= lanes<T> / 2 || g.m < (g.n <= lanes<T> / 2 ? 6 : 24);
}
template <class T>
LAMINA_ALWAYS_INLINE inline void gemm_tiny(Gemm<T> const& g, T* scratch) {
    bool const fresh = g.beta == T{0};
    Strip<T> s{.k = g.k,
               .a_row = g.lda,
               .a_step = 1,
               .b = g.b,
               .ldb = g.ldb,
               .ldc = g.ldc,
               .zero = fresh && !g.bias,
               .bias = fresh ? g.bias : nullptr};
    if (g.transposed_a) s.a_row = 1, s.a_step = g.lda;
    if (g.transposed_b) {
        s.ldb = (g.n + lanes<T> - 1) / lanes<T> * lanes<T>;
        transpose<true>(g.n, g.k, g.b, g.ldb, scratch, s.ldb);
        s.b = scratch;
    }
    if constexpr (TileSet<T>::evenly) {
        for (std::size_t j = 0, width; j < g.n; j += width, s.b += width) {
            width = next_strip<T>(g.n - j, g.m, g.k);
            strip(g.m, width, s, g.a, g.c + j);
            if (s.bias) s.bias += width;
        }
    } else {
        strip(g.m, g.n, s, g.a, g.c);
    }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
}

/// Whether C is most of what comes and goes, and is better written in the order in which it lies:
/// sums are short, and all of B stays near. Strips that are cut evenly read A less often, which is
/// better as long as C stays near. The shortest ones only if rows of C lie so that they
/// drive each other out of the cache.
template <class T>
bool goes_across(Gemm<T> const& g) {
    if (TileSet<T>::evenly && g.m * g.n * sizeof(T) <= 524288 && g.ldc * sizeof(T) % 4096 != 0)
        return false;
    return g.k <= 32 && g.k * g.n <= 8192 && g.n >= 2 * GemmSizes<T>::width &&
           (g.k > shortest || g.ldc * sizeof(T) % 4096 == 0 || (overlaps && g.m < 8));
}

/// Nothing to pack, nothing to cut: straight to the tiles.
template <class T>
void gemm_direct(Gemm<T> const& g) {
    constexpr std::size_t wide = GemmSizes<T>::width, tall = 4;
    bool const fresh = g.beta == T{0};
    Strip<T> s{.k = g.k,
               .a_row = g.transposed_a ? 1 : g.lda,
               .a_step = g.transposed_a ? g.lda : 1,
               .b = g.b,
               .ldb = g.ldb,
               .ldc = g.ldc,
               .zero = fresh && !g.bias,
               .bias = fresh ? g.bias : nullptr};
    std::size_t across = 0, down = 0; // what is done so far: columns, and of these rows
    if (goes_across(g)) {
        across = g.n / wide * wide, down = g.m / tall * tall;
        std::size_t const rest = g.m - down;
        if (overlaps && down > 0 && (rest == 1 || rest == 2)) down -= tall; // short of sums
        bool const whole = TileSet<T>::evenly && g.n % wide == 0;
        if (!whole && one_strip<T>(g.n - across + wide, g.k)) across -= wide;
        for (std::size_t i = 0; i < down; i += tall)
            TileSet<T>::template across<tall>(across / wide, s, g.a + i * s.a_row, g.c + i * g.ldc);
    }
    for (std::size_t j = 0, width; j < g.n; j += width, s.b += width) {
        width = next_strip<T>(j < across ? wide : g.n - j, g.m, g.k, reads_lines(g));
        std::size_t const from = j < across ? down : 0;
        if (from < g.m) strip(g.m - from, width, s, g.a + from * s.a_row, g.c + from * g.ldc + j);
        if (s.bias) s.bias += width;
    }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
}

/// C = alpha a b' + C, bias or 0: sums of one term.
template <class T>
LAMINA_ALWAYS_INLINE inline void gemm_outer(Gemm<T> const& g, Threads* threads) {
    bool const fresh = g.beta == T{0};
    auto const rows = [&](std::size_t begin, std::size_t end, std::size_t) {
        std::size_t const step = g.transposed_a ? 1 : g.lda;
        T* const c = g.c + begin * g.ldc;
        outer(end - begin, g.n, g.alpha, g.a + begin * step, step, g.b, c, g.ldc,
              fresh ? g.bias : c, fresh ? 0 : g.ldc);
    };
    share(threads, g.m, 5 * g.n, 16, rows);
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
}

/// All of C by the caller.
template <class T>
LAMINA_ALWAYS_INLINE inline void gemm_alone(Gemm<T> const& g, bool pack, T* scratch) {
    using Sizes = GemmSizes<T>;
    bool const near = !g.finish.apply || g.m * g.n <= 4096; // all of C, when it is finished
    std::size_t const ld = (g.n + lanes<T> - 1) / lanes<T> * lanes<T>;
    bool const turnable = g.k <= 16 && goes_across(g) && g.k * ld <= Sizes::room;
    if (near && g.transposed_b && g.alpha == T{1} && turnable) {
        Gemm<T> turned = g;
        transpose<true>(g.n, g.k, g.b, g.ldb, scratch, ld);
        turned.b = scratch, turned.ldb = ld, turned.transposed_b = false;
        gemm_direct(turned);
    } else if (near && !pack && g.k <= (g.m <= 64 ? 160 : Sizes::k) && !copies_a(g, g.m, g.n)) {
        gemm_direct(g);
    } else {
        gemm_piece(g, pack, 0, g.m, 0, g.n, scratch);
    }
}

/// C in pieces, shared among the threads.
template <class T>
LAMINA_ALWAYS_INLINE inline void gemm_shared(Gemm<T> const& g, bool pack, T* scratch,
                                             Threads* threads) {
    Pieces const size = cut(g, pack, threads->count());
    std::size_t const across = (g.n + size.columns - 1) / size.columns;
    std::size_t const pieces = (g.m + size.rows - 1) / size.rows * across;
    parallel_for(threads, pieces, 1, [&](std::size_t i, std::size_t, std::size_t worker) {
        std::size_t const row = i / across * size.rows, column = i % across * size.columns;
        gemm_piece(g, pack, row, std::min(size.rows, g.m - row), column,
                   std::min(size.columns, g.n - column), scratch + worker * gemm_scratch<T>(g.n));
    });
}

/// The way that suits the shape: few_columns, wants_swap, splits and others say which, and why.
template <class T>
[[gnu::noinline]] void gemm_large(Gemm<T> const& g, T* scratch, Threads* threads) {
    using Sizes = GemmSizes<T>;
    if (g.m == 0 || g.n == 0) return;
    bool const one = g.m == 1 || g.n == 1;
    bool const adds_both = g.beta != T{0} && (g.beta != T{1} || g.bias);
    bool const plain = g.k > 0 && !adds_both;
    if (one && plain && (!g.bias || g.m == 1) && gemm_vector(g, scratch, threads)) return;
    bool const ready = g.panels != nullptr; // of several rows, and many columns
    bool const turns = !ready && wants_swap(g, g.n);
    bool const few =
        !ready && !(turns && g.transposed_b) && (few_columns(g, g.n) || few_rows_of_dots(g));
    if (!plain || (g.bias && g.m != 1 && (one || few))) {
        scale(g, threads);
        Gemm<T> rest = g;
        rest.beta = T{1};
        rest.bias = nullptr;
        if (g.k > 0) gemm_large(rest, scratch, threads);
        else if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
        return;
    }
    if (g.k == 1 && (!g.transposed_b || g.ldb == 1)) return gemm_outer(g, threads);
    if (few && few_columns(g, g.n)) return gemm_dots(g, scratch, threads);
    if (few) return gemm_dots_of_rows(g, threads);
    if (std::size_t const parts = ready ? 1 : parts_of_sum(g); parts > 1) {
        gemm_in_parts(g, parts, scratch, threads);
        return;
    }
    if (!ready && splits(g) && (!turns || (g.n > 2 * lanes<T> && g.m >= 24) || splits_better(g))) {
        std::size_t const first = g.n - g.n % lanes<T>;
        Gemm<T> most = g, rest = columns_from(g, first);
        FinishFrom<T> const finish{g.finish, first};
        most.n = first;
        rest.finish = finish.finish();
        gemm_large(most, scratch, threads);
        gemm_large(rest, scratch, threads);
        return;
    }
    if (turns) {
        share(threads, g.m, g.n * g.k, Sizes::width,
              [&](std::size_t begin, std::size_t end, std::size_t worker) {
                  gemm_swapped(g, begin, end, scratch + worker * gemm_scratch<T>(g.n));
              });
        return;
    }
    std::size_t const work = g.m * g.n * g.k;
    std::size_t const far = g.transposed_a && g.m >= 64 ? 32768 : 65536;
    bool const large = g.n > Sizes::width && g.k * g.n > far && g.m > 12 && !few_rows(g);
    bool const pack = g.transposed_b || g.alpha != T{1} || large || ready;
    if (are_worth_sharing(threads, work)) gemm_shared(g, pack, scratch, threads);
    else gemm_alone(g, pack, scratch);
}

} // namespace detail

template <class T>
[[gnu::noinline]] void gemm(Gemm<T> const& g, T* scratch, Threads* threads) {
    if (detail::is_tiny(g)) detail::gemm_tiny(g, scratch);
    else detail::gemm_large(g, scratch, threads);
}

#endif

#ifdef LAMINA_SOURCE
template void gemm(Gemm<float> const&, float*, Threads*);
template void gemm(Gemm<double> const&, double*, Threads*);
#endif

} // namespace lamina::kernels
