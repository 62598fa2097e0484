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
template <bool Whole, bool Copies, std::size_t R, std::size_t C, std::size_t G, class V, class T>
[[gnu::always_inline]] inline void tile_step(V (&sum)[R][C], T const* const (&a)[G],
                                             std::size_t row, T const* b, std::size_t last,
                                             T* copy) {
    V x[C];
    LAMINA_UNROLL
    for (std::size_t c = 0; c < C; ++c) {
        T const* const at = b + c * V::size;
        x[c] = in_register<(R > 1)>(Whole || c + 1 < C ? load<V>(at) : load<V>(at, last));
        if constexpr (Copies) kernels::store(copy + c * V::size, x[c]);
    }
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        V const v(a[r / rows_of_pointer][r % rows_of_pointer * row]);
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
    std::size_t ldb, ldc;
    bool zero;                   // C starts from zero,
    T const* bias = nullptr;     // else each of its rows from this; null: from what it is
    std::size_t last = 0;        // lanes of the last batch of columns
    T* copy = nullptr;           // takes b, in rows as wide as the tile
};

/// `count` tiles of R rows, one below the other: c = 0, bias or c, + a b. With Copies (then count
/// is 1) b is far away: it is fetched ahead, and copied for the tiles below. What is not needed in
/// the loop over k is read from s anew: g++ would keep it in vector registers, and then the next
/// tile's first loads wait for this one's sums.
template <std::size_t R, std::size_t C, bool Whole, class T, bool Copies = false>
[[gnu::noinline]] void tiles(std::size_t count, Strip<T> const& s, T const* a, T* c) {
    using V = Batch<T>;
    constexpr std::size_t line = 64 / sizeof(T), G = (R - 1) / rows_of_pointer + 1;
    std::size_t const row = s.a_row, step = s.a_step, ldb = s.ldb, ldc = s.ldc, last = s.last;
    for (; count > 0; --count) {
        V sum[R][C];
        if (s.zero) {
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r) {
                LAMINA_UNROLL
                for (std::size_t i = 0; i < C; ++i) sum[r][i] = V(T{0});
            }
        } else {
            T const* from = s.bias ? s.bias : c;
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r) {
                LAMINA_UNROLL
                for (std::size_t i = 0; i < C; ++i) {
                    T const* const at = from + i * V::size;
                    sum[r][i] = Whole || i + 1 < C ? load<V>(at) : load<V>(at, last);
                }
                from = next_row(from, s.bias ? 0 : ldc);
            }
        }
        std::size_t k = s.k;
        if (k >= 64) {   // C of the next tile comes while the sums run
            T* next = c + R * ldc;
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r) {
                LAMINA_UNROLL
                for (std::size_t i = 0; i < C; ++i) __builtin_prefetch(next + i * V::size, 1);
                next = next_row(next, ldc);
            }
        }
        T const *x[G], *b = s.b;
        x[0] = a;
        LAMINA_UNROLL
        for (std::size_t g = 1; g < G; ++g) x[g] = next_row(next_row(x[g - 1], 2 * row), row);
        T* copy = s.copy;
        for (; k > 0; --k) {
            if (k % line == 0) {   // what the next tile will read: the rows below
                T const* below = x[0] + (step == 1 ? R * row : 0);
                LAMINA_UNROLL
                for (std::size_t r = 0; r < R; ++r) {
                    __builtin_prefetch(below);
                    below = next_row(below, row);
                }
            }
            // of a transposed A the lines beside; narrow tiles are short of loads as it is
            if constexpr (C > 3) __builtin_prefetch(x[0] + (row == 1 ? line : 0));
            if constexpr (Copies) {
                T const* const soon = next_row(b, 10 * ldb);
                for (std::size_t i = 0; i < C * V::size; i += line) __builtin_prefetch(soon + i);
            }
            tile_step<Whole, Copies>(sum, x, row, b, last, copy);
            LAMINA_UNROLL
            for (std::size_t g = 0; g < G; ++g) x[g] += step;
            b += ldb;
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

/// All rows of a strip of the widest tiles over a sum of K terms: b stays in registers, and the
/// rows pass by one after the other.
template <std::size_t K, class T>
[[gnu::noinline]] void short_sums(std::size_t rows, Strip<T> const& s, T const* a, T* c) {
    using V = Batch<T>;
    using Traits = GemmTraits<xsimd::default_arch>;
    constexpr std::size_t C = Traits::columns;
    std::size_t const row = s.a_row, step = s.a_step, ldc = s.ldc;
    std::size_t const last = Traits::masks ? s.last : V::size;
    V b[K][C];
    LAMINA_UNROLL
    for (std::size_t k = 0; k < K; ++k) {
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) {
            T const* const from = s.b + k * s.ldb + i * V::size;
            b[k][i] = in_register(i + 1 < C || !Traits::masks ? load<V>(from)
                                                              : load<V>(from, last));
        }
    }
    for (; rows > 0; --rows, a += row, c += ldc) {
        V sum[C];
        T const* const from = s.bias ? s.bias : c;
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) {
            T const* const at = from + i * V::size;
            sum[i] = s.zero                             ? V(T{0})
                     : i + 1 < C || !Traits::masks ? load<V>(at)
                                                   : load<V>(at, last);
        }
        LAMINA_UNROLL
        for (std::size_t k = 0; k < K; ++k) {
            V const v(a[k * step]);
            LAMINA_UNROLL
            for (std::size_t i = 0; i < C; ++i) sum[i] = fma(v, b[k][i], sum[i]);
        }
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) {
            if (i + 1 < C || !Traits::masks) kernels::store(c + i * V::size, sum[i]);
            else kernels::store(c + i * V::size, sum[i], last);
        }
    }
}

/// Tiles side by side, `across` of them, in `down` rows of tiles: for short sums whose C is most of
/// what comes and goes, in the order in which it lies in memory.
template <std::size_t R, class T>
[[gnu::noinline]] void tiles_across(std::size_t down, std::size_t across, Strip<T> const& s,
                                    T const* a, T* c) {
    using V = Batch<T>;
    constexpr std::size_t C = GemmTraits<xsimd::default_arch>::columns;
    std::size_t const row = s.a_row, step = s.a_step, ldb = s.ldb, ldc = s.ldc;
    for (; down > 0; --down, a += R * row, c += R * ldc)
        for (std::size_t j = 0; j < across * C * V::size; j += C * V::size) {
            V sum[R][C];
            T* to = c + j;
            if (s.zero) {
                LAMINA_UNROLL
                for (std::size_t r = 0; r < R; ++r) {
                    LAMINA_UNROLL
                    for (std::size_t i = 0; i < C; ++i) sum[r][i] = V(T{0});
                }
            } else {
                T const* from = s.bias ? s.bias + j : to;
                LAMINA_UNROLL
                for (std::size_t r = 0; r < R; ++r) {
                    LAMINA_UNROLL
                    for (std::size_t i = 0; i < C; ++i) sum[r][i] = load<V>(from + i * V::size);
                    from = next_row(from, s.bias ? 0 : ldc);
                }
            }
            T const *x[2]{a, a + 2 * row}, *b = s.b + j;
            for (std::size_t k = s.k; k > 0; --k, b += ldb) {
                V y[C];
                LAMINA_UNROLL
                for (std::size_t i = 0; i < C; ++i) y[i] = in_register(load<V>(b + i * V::size));
                LAMINA_UNROLL
                for (std::size_t r = 0; r < R; ++r) {
                    V const v(x[r / 2][r % 2 * row]);
                    LAMINA_UNROLL
                    for (std::size_t i = 0; i < C; ++i) sum[r][i] = fma(v, y[i], sum[r][i]);
                }
                x[0] += step, x[1] += step;
            }
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r) {
                LAMINA_UNROLL
                for (std::size_t i = 0; i < C; ++i) kernels::store(to + i * V::size, sum[r][i]);
                to = next_row(to, ldc);
            }
        }
}

/// The longest sums that short_sums is for.
inline constexpr std::size_t shortest = 5;

template <class T>
using Tiles = void (*)(std::size_t count, Strip<T> const&, T const* a, T* c);

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
    // The widest one that copies, and the fewest columns that it is for.
    static constexpr Tiles<T> copying = &tiles<tallest, widest, !masks, T, true>;
    static constexpr std::size_t copied = masks ? (widest - 1) * lanes<T> + 1 : widest * lanes<T>;
};

/// How rows are cut into tiles: count[3] of `Most`, then count[2] of 4, count[1] of 3 and count[0]
/// of 2, or without Pairs of 1. A low tile waits for its own sums: 4 and 3 are better than 6 and 1,
/// two of 4 than 6 and 2. A tall tile has more to store at once than a short sum hides.
template <std::size_t Most, bool Pairs>
struct Heights {
    static constexpr std::size_t height[4]{Pairs ? 2 : 1, 3, 4, Most};
    std::size_t count[4];
    Heights(std::size_t rows, std::size_t k) {   // Pairs: not 1
        std::size_t tall = Pairs && k < 8 ? 0 : rows / Most, rest = rows - tall * Most;
        if (Pairs && tall > 0 && (rest == 1 || rest == 2 || (Most == 6 && rest == 5)))
            --tall, rest += Most;
        std::size_t const last = rest % 4, threes = last == 3 || (Pairs && last == 1) ? 1
                                                    : last == 2 && rest > 4           ? 2
                                                                                      : 0;
        count[3] = tall;
        count[2] = (rest - 3 * threes) / 4;
        count[1] = threes;
        count[0] = (rest - 3 * threes) % 4 / height[0];
    }
};

/// All rows of a strip, with one kind of tile.
template <std::size_t C, bool Whole, class T>
void run_tiles(std::size_t rows, Strip<T>& s, T const* a, T* c) {
    constexpr std::size_t most = TileSet<T>::template height<C>;
    constexpr auto const& table = TileSet<T>::template of<C, Whole>;
    if (C > 1 && rows == 1) {   // as both rows of a pair
        Strip<T> one = s;
        one.a_row = one.ldc = 0;
        return table[0](1, one, a, c);
    }
    // as many rows as there often are
    if (constexpr std::size_t even = C <= 2 && TileSet<T>::widest == 4 ? 8 : most; rows % even == 0)
        return tiles<even, C, Whole>(rows / even, s, a, c);
    Heights<most, (C > 1)> const h(rows, s.k);
    for (std::size_t i = 4; i-- > 0;) {
        if (h.count[i] == 0) continue;
        std::size_t const done = h.count[i] * h.height[i];
        table[i](h.count[i], s, a, c);
        a += done * s.a_row;
        c += done * s.ldc;
    }
}

/// All rows of a strip of up to `widest` batches of columns.
template <class T>
[[gnu::noinline]] void strip(std::size_t rows, std::size_t columns, Strip<T>& s, T const* a,
                             T* c) {
    using Set = TileSet<T>;
    s.last = (columns - 1) % lanes<T> + 1;
    if (s.k <= shortest && s.k > 1 && rows >= 8 && columns >= Set::copied) {
        static constexpr Tiles<T> sums[]{&short_sums<2, T>, &short_sums<3, T>, &short_sums<4, T>,
                                         &short_sums<5, T>};
        return sums[s.k - 2](rows, s, a, c);
    }
    if constexpr (Set::masks) {
        if (columns > 3 * lanes<T>) {
            if (rows == 5) return tiles<5, 4, false>(1, s, a, c);   // b read once
            return run_tiles<4, false>(rows, s, a, c);
        }
    } else {
        if (columns == Set::widest * lanes<T>)
            return run_tiles<Set::widest, true>(rows, s, a, c);
        if (columns > 3 * lanes<T>) {   // two halves
            std::size_t const left = 2 * lanes<T>;
            Strip<T> right = s;
            right.b += left;
            if (s.bias) right.bias += left;
            strip(rows, left, s, a, c);
            return strip(rows, columns - left, right, a, c + left);
        }
    }
    if constexpr (Set::widest == 4) {
        if (columns > 2 * lanes<T>)
            return run_tiles<3, false>(rows, s, a, c);
    }
    if (columns > lanes<T>)
        return run_tiles<2, false>(rows, s, a, c);
    run_tiles<1, false>(rows, s, a, c);
}

/// So many of the columns that are left make the next strip. Two strips of two and three batches
/// are better than one of four and one of one, which is short of loads; but few rows are short of
/// sums.
template <class T>
std::size_t next_strip(std::size_t left, std::size_t rows, std::size_t k) {
    constexpr std::size_t widest = TileSet<T>::widest, width = widest * lanes<T>;
    bool const uneven = widest == 4 && left > width && left <= width + lanes<T>;
    return uneven && rows >= 6 && k > shortest ? width - lanes<T> : std::min(left, width);
}

} // namespace lamina::kernels::detail
