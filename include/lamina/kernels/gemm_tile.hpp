// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>

/// The inner kernels of gemm: a tile of C stays in registers while the sum over k runs. Each number
/// of C is the same chain of multiply-adds in whichever tile it lies, so its bits do not depend on
/// how C is cut.
namespace lamina::kernels::detail {

/// One step of the sum: R rows by C batches of columns; the last batch has `last` lanes unless
/// Whole. With Copies the row of b goes to `copy` as well, zeros behind its last lane.
template <std::size_t R, std::size_t C, bool Whole, bool Copies, class V, class T>
[[gnu::always_inline]] inline void tile_step(V (&sum)[R][C], T const* a, std::size_t row,
                                             T const* b, std::size_t last, T* copy) {
    V x[C];
    LAMINA_UNROLL
    for (std::size_t c = 0; c < C; ++c) {
        T const* const at = b + c * V::size;
        x[c] = in_register<(R > 1)>(Whole || c + 1 < C ? load<V>(at) : load<V>(at, last));
        if constexpr (Copies) kernels::store(copy + c * V::size, x[c]);
    }
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        V const v(a[r * row]);
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) sum[r][c] = fma(v, x[c], sum[r][c]);
    }
}

/// What the tiles of one strip of columns have in common.
template <class T>
struct Strip {
    std::size_t k;
    std::size_t a_row, a_step;   // from one row of op(A) to the next, from one k to the next
    T const* b;
    std::size_t ldb;
    std::size_t last;            // lanes of the last batch of columns
    std::size_t ldc, ldadd;
    T* copy = nullptr;           // takes b, in rows as wide as the tile
};

/// `count` tiles of R rows, one below the other: c = add + a b. With Copies (then count is 1) b is
/// far away: it is fetched ahead, and copied for the tiles below.
template <std::size_t R, std::size_t C, bool Whole, class T, bool Copies = false>
[[gnu::noinline]] void tiles(std::size_t count, Strip<T> const& s, T const* a, T* c, T const* add) {
    using V = Batch<T>;
    constexpr std::size_t line = 64 / sizeof(T);
    std::size_t const row = s.a_row, step = s.a_step, ldb = s.ldb, last = s.last, ldc = s.ldc;
    // What the next tiles will read: the rows below, or of a transposed A the cache lines beside.
    std::size_t const ahead = step == 1 ? R * row : 0, beside = row == 1 ? line : 0;
    for (; count > 0; --count) {
        V sum[R][C];
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) {
            T const* from = add + i * V::size;
            sum[0][i] = Whole || i + 1 < C ? load<V>(from) : load<V>(from, last);
            LAMINA_UNROLL
            for (std::size_t r = 1; r < R; ++r) sum[r][i] = sum[0][i];
        }
        if (s.ldadd != 0) {
            LAMINA_UNROLL
            for (std::size_t r = 1; r < R; ++r) {
                add = next_row(add, s.ldadd);
                LAMINA_UNROLL
                for (std::size_t i = 0; i < C; ++i) {
                    T const* const from = add + i * V::size;
                    sum[r][i] = Whole || i + 1 < C ? load<V>(from) : load<V>(from, last);
                }
            }
            add = next_row(add, s.ldadd);
        }
        if (s.k >= 64) {   // C of the next tile comes while the sums run
            T* next = c + R * ldc;
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r) {
                LAMINA_UNROLL
                for (std::size_t i = 0; i < C; ++i) __builtin_prefetch(next + i * V::size, 1);
                next = next_row(next, ldc);
            }
        }
        T const *x = a, *b = s.b;
        T* copy = s.copy;
        for (std::size_t k = 0; k < s.k; ++k, x += step, b += ldb) {
            if (k % line == 0) {
                T const* below = x + ahead;
                LAMINA_UNROLL
                for (std::size_t r = 0; r < R; ++r) {
                    __builtin_prefetch(below);
                    below = next_row(below, row);
                }
            }
            // narrow tiles are short of loads as it is
            if constexpr (C > 3) __builtin_prefetch(x + beside);
            if constexpr (Copies) {
                T const* const soon = next_row(b, 10 * ldb);
                for (std::size_t i = 0; i < C * V::size; i += line) __builtin_prefetch(soon + i);
            }
            tile_step<R, C, Whole, Copies>(sum, x, row, b, last, copy);
            if constexpr (Copies) copy += C * V::size;
        }
        LAMINA_UNROLL
        for (std::size_t r = 0; r < R; ++r) {
            LAMINA_UNROLL
            for (std::size_t i = 0; i < C; ++i) {
                T* const to = c + i * V::size;
                if (Whole || i + 1 < C) kernels::store(to, sum[r][i]);
                else kernels::store(to, sum[r][i], last);
            }
            c = next_row(c, ldc);
        }
        a += R * row;
    }
}

/// All rows of a strip of full width over a sum of K terms: b stays in registers, and the rows pass
/// by one after the other.
template <std::size_t K, class T>
[[gnu::noinline]] void short_sums(std::size_t rows, Strip<T> const& s, T const* a, T* c,
                                  T const* add) {
    using V = Batch<T>;
    constexpr std::size_t C = GemmTraits<xsimd::default_arch>::columns;
    std::size_t const row = s.a_row, step = s.a_step, ldc = s.ldc, ldadd = s.ldadd;
    V b[K][C];
    LAMINA_UNROLL
    for (std::size_t k = 0; k < K; ++k) {
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i)
            b[k][i] = in_register(load<V>(s.b + k * s.ldb + i * V::size));
    }
    for (; rows > 0; --rows, a += row, c += ldc, add += ldadd) {
        V sum[C];
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) sum[i] = load<V>(add + i * V::size);
        LAMINA_UNROLL
        for (std::size_t k = 0; k < K; ++k) {
            V const v(a[k * step]);
            LAMINA_UNROLL
            for (std::size_t i = 0; i < C; ++i) sum[i] = fma(v, b[k][i], sum[i]);
        }
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) kernels::store(c + i * V::size, sum[i]);
    }
}

template <class T>
using Tiles = void (*)(std::size_t count, Strip<T> const&, T const* a, T* c, T const* add);

/// Few kinds of tiles, because each costs the compiler time: the widest, and for what is left over
/// some narrower ones; of each a tallest tile and those of 4, 3 and 2 rows (of the narrowest 1).
template <class T>
struct TileSet {
    static constexpr std::size_t widest = GemmTraits<xsimd::default_arch>::columns;
    static constexpr bool masks = GemmTraits<xsimd::default_arch>::masks;
    template <std::size_t C>   // rows of the tallest tile of C batches
    static constexpr std::size_t height = C == 1 ? 8 : 6;
    static constexpr std::size_t tallest = height<widest>;
    using Row = Tiles<T>[4];
    template <std::size_t C, bool Whole, std::size_t Tallest = height<C>>
    static constexpr Row of{&tiles<(C > 1 ? 2 : 1), C, Whole, T>, &tiles<3, C, Whole, T>,
                            &tiles<4, C, Whole, T>, &tiles<Tallest, C, Whole, T>};
    // For whole batches the tallest needs no masks, which is quicker where sums are short.
    static constexpr Row whole{of<widest, false>[0], of<widest, false>[1], of<widest, false>[2],
                               &tiles<tallest, widest, true, T>};
    // The widest one that copies, and the fewest columns that it is for.
    static constexpr Tiles<T> copying = &tiles<tallest, widest, !masks, T, true>;
    static constexpr std::size_t copied = masks ? (widest - 1) * lanes<T> + 1 : widest * lanes<T>;
    // what is added to a fresh C
    alignas(64) static constexpr T zeros[widest * lanes<T>]{};
};

/// How rows are cut into tiles: count[3] of `most`, then count[2] of 4, count[1] of 3 and count[0]
/// of 2, or where `most` is 8 of 1. A low tile waits for its own sums: 4 and 3 are better than 6
/// and 1, two of 4 than 6 and 2.
template <std::size_t Most>
struct Heights {
    static constexpr bool pairs = Most == 6;
    static constexpr std::size_t height[4]{pairs ? 2 : 1, 3, 4, Most};
    std::size_t count[4];
    explicit Heights(std::size_t rows) {   // pairs: not 1
        std::size_t tall = rows / Most, rest = rows % Most;
        if (pairs && tall > 0 && (rest == 1 || rest == 2 || rest == 5)) --tall, rest += Most;
        std::size_t const last = rest % 4, threes = last == 3 || (pairs && rest == 5) ? 1
                                                    : last == 2 && rest > 4           ? 2
                                                                                      : 0;
        count[3] = tall;
        count[2] = (rest - 3 * threes) / 4;
        count[1] = threes;
        count[0] = (rest - 3 * threes) % 4 / height[0];
    }
};

/// All rows of a strip, with one kind of tile.
template <std::size_t Most, class T>
void run_tiles(Tiles<T> const (&table)[4], std::size_t rows, Strip<T>& s, T const* a, T* c,
               T const* add) {
    if (Heights<Most>::pairs && rows == 1) {   // as both rows of a pair
        Strip<T> one = s;
        one.a_row = one.ldc = one.ldadd = 0;
        return table[0](1, one, a, c, add);
    }
    Heights<Most> const h(rows);
    for (std::size_t i = 4; i-- > 0;) {
        if (h.count[i] == 0) continue;
        std::size_t const done = h.count[i] * h.height[i];
        table[i](h.count[i], s, a, c, add);
        a += done * s.a_row;
        c += done * s.ldc;
        add += done * s.ldadd;
    }
}

/// All rows of a strip of full width over a short sum: up to five terms at a time, through C.
template <class T>
[[gnu::noinline]] void short_strip(std::size_t rows, Strip<T> const& s, T const* a, T* c,
                                   T const* add) {
    constexpr std::size_t some = 64;   // rows of C that stay near
    static constexpr Tiles<T> sums[]{&short_sums<2, T>, &short_sums<3, T>, &short_sums<4, T>,
                                     &short_sums<5, T>};
    if (s.k <= 5) return sums[s.k - 2](rows, s, a, c, add);
    for (std::size_t i = 0; i < rows; i += some) {
        std::size_t const count = std::min(some, rows - i);
        Strip<T> part = s;
        T const *from = add + i * s.ldadd, *x = a + i * s.a_row;
        for (std::size_t left = s.k; left > 0; left -= part.k) {
            part.k = left / ((left + 4) / 5);
            sums[part.k - 2](count, part, x, c + i * s.ldc, from);
            part.b += part.k * s.ldb;
            x += part.k * s.a_step;
            from = c + i * s.ldc;
            part.ldadd = s.ldc;
        }
    }
}

/// All rows of a strip of up to `widest` batches of columns.
template <class T>
[[gnu::noinline]] void strip(std::size_t rows, std::size_t columns, Strip<T>& s, T const* a, T* c,
                             T const* add) {
    using Set = TileSet<T>;
    if (s.k <= 15 && s.k > 1 && rows >= 8 && columns == Set::widest * lanes<T>)
        return short_strip(rows, s, a, c, add);
    s.last = (columns - 1) % lanes<T> + 1;
    if constexpr (Set::masks) {
        if (columns > 3 * lanes<T>) {
            if (rows == 5) return tiles<5, 4, false>(1, s, a, c, add);   // b read once
            return run_tiles<Set::tallest>(
                columns == Set::widest * lanes<T> && s.k < 48 ? Set::whole
                                                              : Set::template of<4, false>,
                rows, s, a, c, add);
        }
    } else {
        if (columns == Set::widest * lanes<T>)
            return run_tiles<Set::tallest>(Set::template of<Set::widest, true>, rows, s, a, c, add);
        if (columns > 3 * lanes<T>) {   // two halves
            std::size_t const left = 2 * lanes<T>;
            strip(rows, left, s, a, c, add);
            s.b += left;
            strip(rows, columns - left, s, a, c + left, add + left);
            s.b -= left;
            return;
        }
    }
    if constexpr (Set::widest == 4) {
        if (columns > 2 * lanes<T>)
            return run_tiles<Set::template height<3>>(Set::template of<3, false>, rows, s, a, c,
                                                      add);
    }
    if (columns > lanes<T>)
        return run_tiles<Set::template height<2>>(Set::template of<2, false>, rows, s, a, c, add);
    run_tiles<Set::template height<1>>(Set::template of<1, false>, rows, s, a, c, add);
}

} // namespace lamina::kernels::detail
