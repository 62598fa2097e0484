// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_groups.hpp>
#include <lamina/kernels/gemm_tile_by_hand.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>

/// The inner kernels of gemm: a tile of C stays in registers while the sum over k runs. Each number
/// of C is the same chain of multiply-adds in whichever tile it lies, so its bits do not depend on
/// how C is cut.
namespace lamina::kernels::detail {

/// That batch, from there on.
template <bool Whole, std::size_t C, class V, class T>
LAMINA_ALWAYS_INLINE inline V load_part(T const* from, std::size_t i, std::size_t last) {
    T const* const at = from + place<Whole, C, V::size>(i, last);
    return Whole || i + 1 < C || (overlaps && C > 1) ? load<V>(at) : load<V>(at, last);
}

/// One step of the sum: R rows by C batches of columns; the last batch has `last` lanes unless
/// Whole. With Copies the row of b goes to `copy` as well, zeros behind its last lane. Beside: the
/// rows of op(A) lie side by side.
template <bool Whole, bool Copies, bool Beside = false, std::size_t R, std::size_t C, std::size_t G,
          class V, class T>
LAMINA_ALWAYS_INLINE inline void tile_step(V (&sum)[R][C], T const* const (&a)[G], std::size_t row,
                                           T const* b, std::size_t last, T* copy) {
    V x[C];
    LAMINA_UNROLL
    for (std::size_t c = 0; c < C; ++c) {
        x[c] = in_register<(R > 1)>(load_part<Whole, C, V>(b, c, last));
        if constexpr (Copies) kernels::store(copy + c * V::size, x[c]);
    }
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        V const v(Beside ? a[0][r] : a[r / rows_of_pointer][r % rows_of_pointer * row]);
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) add_product(sum[r][c], v, x[c]);
    }
}

/// Four steps of a tall tile of one batch of columns, which is short of loads: four of its rows get
/// their factors four to a load. Along: the terms of a row of op(A) lie side by side; else its rows
/// do, and a[0] alone is used.
template <bool Along, std::size_t R, std::size_t G, class V, class T>
LAMINA_ALWAYS_INLINE inline void four_steps(V (&sum)[R][1], T const* (&a)[G], std::size_t row,
                                            std::size_t step, T const*& b, std::size_t ldb,
                                            std::size_t last) {
    constexpr std::size_t shared = 4;
    auto const at = [&](std::size_t r) LAMINA_ALWAYS_INLINE {
        return Along ? a[r / rows_of_pointer] + r % rows_of_pointer * row : a[0] + r;
    };
    V some[shared];
    if constexpr (Along) {
        LAMINA_UNROLL
        for (std::size_t r = 0; r < shared; ++r) some[r] = opaque(broadcast_group<V>(at(r)));
    }
    LAMINA_UNROLL
    for (std::size_t i = 0; i < 4; ++i) {
        V const x = in_register(load<V>(b, last));
        b = next_row(b, ldb);
        if constexpr (!Along) some[0] = opaque(broadcast_group<V>(a[0]));
        LAMINA_UNROLL
        for (std::size_t r = 0; r < R; ++r) {
            V const v = r >= shared ? V(at(r)[Along ? i : 0])
                        : Along     ? of_group(some[r], i)
                                    : of_group(some[0], r);
            sum[r][0] = fma(v, x, sum[r][0]);
        }
        if constexpr (!Along) a[0] = next_row(a[0], step);
    }
    if constexpr (Along) {
        LAMINA_UNROLL
        for (std::size_t g = 0; g < G; ++g) a[g] += 4;
    }
}

/// All k steps of the sum, some at a time: a processor begins so many instructions in a cycle, and
/// fewer if another thread shares its core; what is no multiply-add takes their place. Along: the
/// terms of a row of op(A) lie side by side; else its rows do, or both of two are one. Copied: both
/// operands are copies. next: null, or the next tile of C, which is fetched ahead.
template <bool Whole, bool Along, bool Copied = false, std::size_t R, std::size_t C, std::size_t G,
          class V, class T>
LAMINA_ALWAYS_INLINE inline void
all_steps(V (&sum)[R][C], std::size_t k, T const* (&a)[G], std::size_t row, std::size_t step,
          T const* b, std::size_t ldb, std::size_t last, T const* next, std::size_t ldc) {
    constexpr bool Beside = !Along && R > 2;
    constexpr std::size_t some = 4, pointers = Beside ? 1 : G;
    auto const steps = [&](std::size_t count) LAMINA_ALWAYS_INLINE {
        LAMINA_UNROLL
        for (std::size_t i = 0; i < count; ++i) {
            if constexpr (Copied) { // all that follows is known: nothing is added up but pointers
                T const* const x[]{a[0] + i * R};
                tile_step<true, false, true>(sum, x, 1, b + i * C * V::size, last,
                                             static_cast<T*>(nullptr));
                continue;
            }
            tile_step<Whole, false, Beside>(sum, a, row, b, last, static_cast<T*>(nullptr));
            LAMINA_UNROLL
            for (std::size_t g = 0; g < pointers; ++g)
                a[g] = Along ? a[g] + 1 : next_row(a[g], step);
            b = next_row(b, ldb);
        }
        if constexpr (Copied) a[0] += count * R, b += count * C * V::size;
    };
    for (std::size_t left = next ? 96 : 0;; left = 0) {
        std::size_t enough = left + some;
        anew(enough); // or g++ would add them up each time
        for (; k >= enough; k -= some) {
            if constexpr (!Copied) anew(row);
            steps(some);
        }
        if (left == 0) break;
        for (std::size_t r = 0; r < R; ++r, next += ldc)
            for (std::size_t i = 0; i < C * V::size; i += 64 / sizeof(T))
                __builtin_prefetch(next + i, 1);
    }
    anew(k); // or g++ would unroll these as well
    for (; k > 0; --k) steps(1);
}

/// sum to c, in rows ldc apart.
template <bool Whole, std::size_t R, std::size_t C, class V, class T>
LAMINA_ALWAYS_INLINE inline void store_tile(V const (&sum)[R][C], T* c, std::size_t ldc,
                                            std::size_t last) {
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) {
            T* const to = c + place<Whole, C, V::size>(i, last);
            if (Whole || i + 1 < C || (overlaps && C > 1)) kernels::store(to, sum[r][i]);
            else kernels::store(to, sum[r][i], last);
        }
        c = next_row(c, ldc);
    }
}

/// `count` tiles of R rows: c = 0, bias or c, + a b. (One, if it copies. Across is for short sums,
/// whose C is most of what comes and goes: in the order in which it lies in memory.) What is not
/// needed in the loop over k is read from s anew: g++ would keep it in vector registers, and then
/// the next tile's first loads wait for this one's sums.
template <std::size_t R, std::size_t C, bool Whole, class T, TileOrder Order = TileOrder::down>
[[gnu::noinline]] void tiles(std::size_t count, Strip<T> const& s, T const* a, T* c) {
    constexpr bool Across = Order == TileOrder::across, Copies = Order == TileOrder::copying;
    constexpr bool Copied = Order == TileOrder::copied;
    if constexpr (by_hand<R, C, T> && !Copies && !Copied)
        return tiles_by_hand<R, C, Whole, Across>(count, s, a, c);
    using V = Batch<T>;
    constexpr std::size_t line = 64 / sizeof(T), G = (R - 1) / rows_of_pointer + 1;
    std::size_t row = s.a_row;
    std::size_t const step = s.a_step, ldb = s.ldb, ldc = s.ldc, last = s.last;
    std::size_t const beside = s.beside;
    T const* first = s.b;
    for (; count > 0; --count) {
        V sum[R][C];
        if (s.zero) {
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r) {
                LAMINA_UNROLL
                for (std::size_t i = 0; i < C; ++i) sum[r][i] = V(T{0});
            }
        } else {
            T const* from = s.bias ? s.bias + (Across ? first - s.b : 0) : c;
            std::size_t const down = s.bias ? 0 : ldc;
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r) {
                LAMINA_UNROLL
                for (std::size_t i = 0; i < C; ++i)
                    sum[r][i] = load_part<Whole, C, V>(from, i, last);
                from = next_row(from, down);
            }
        }
        std::size_t k = s.k;
        T const *x[G], *b = Across ? first : s.b;
        x[0] = a;
        LAMINA_UNROLL
        for (std::size_t g = 1; g < G; ++g) x[g] = next_row(next_row(x[g - 1], 2 * row), row);
        T* copy = s.copy;
        if constexpr (C == 1 && R >= 8 && group<V> == 4 && sizeof(V) == 64) {
            if (step == 1)
                for (; k >= 4; k -= 4) {
                    anew(row);
                    four_steps<true>(sum, x, row, 1, b, ldb, last);
                }
            else if (row == 1) {
                for (; k >= 4; k -= 4) four_steps<false>(sum, x, 1, step, b, ldb, last);
                LAMINA_UNROLL
                for (std::size_t g = 1; g < G; ++g) x[g] = x[0] + g * rows_of_pointer;
            }
        }
        if constexpr (Copied) {
            T const* const next = s.far ? c + R * ldc : nullptr;
            all_steps<true, false, true>(sum, k, x, row, step, b, ldb, last, next, ldc);
            k = 0;
        } else if constexpr (overlaps && !Copies) {
            T const* const next = s.far && C > 1 && !Across ? c + R * ldc : nullptr;
            if (step == 1) all_steps<Whole, true>(sum, k, x, row, 1, b, ldb, last, next, ldc);
            else all_steps<Whole, false>(sum, k, x, row, step, b, ldb, last, next, ldc);
            k = 0;
        }
        for (; k > 0; --k) {
            if (!Across && k % line == 0) { // what the next tile will read: the rows below
                if (C == GemmTraits<xsimd::default_arch>::columns && k == 32 && s.far) {
                    T const* next = c + R * ldc;
                    for (std::size_t r = 0; r < R; ++r, next += ldc)
                        for (std::size_t i = 0; i < C * V::size; i += line)
                            __builtin_prefetch(next + i, 1);
                }
                if (step == 1) {
                    T const* below = x[0] + R * row;
                    LAMINA_UNROLL
                    for (std::size_t r = 0; r < R; ++r) {
                        __builtin_prefetch(below);
                        below = next_row(below, row);
                    }
                }
            }
            if constexpr (C > 3 && !Across) __builtin_prefetch(x[0] + beside);
            if constexpr (Copies) {
                T const* const soon = next_row(b, 10 * ldb);
                for (std::size_t i = 0; i < C * V::size; i += line) __builtin_prefetch(soon + i);
            }
            anew(row);
            tile_step<Whole, Copies>(sum, x, row, b, last, copy);
            LAMINA_UNROLL
            for (std::size_t g = 0; g < G; ++g) x[g] += step;
            b += ldb;
            if constexpr (Copies) copy += C * V::size;
        }
        if (C == 1 && R >= 8 && last == V::size) store_tile<true>(sum, c, ldc, last); // no mask
        else store_tile<Whole>(sum, c, ldc, last);
        if constexpr (Across) c += C * V::size, first += C * V::size;
        else a += Copied ? row : R * row, c += R * ldc;
    }
}

} // namespace lamina::kernels::detail
