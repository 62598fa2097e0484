// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_short_sums.hpp>
#include <lamina/kernels/gemm_task.hpp>
#include <lamina/kernels/gemm_tile.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

/// Strips of columns, as wide as the widest tile at most: which tiles they are made of.
namespace lamina::kernels::detail {

template <class T>
using Tiles = void (*)(std::size_t count, Strip<T> const&, T const* a, T* c);

/// Few kinds of tiles, because each costs the compiler time: the widest, and for what is left over
/// some narrower ones; of each a tallest tile and those of 4, 3 and 2 rows, of the narrowest all.
/// Where batches overlap, the widest have five rows too; and where two batches are the widest, up
/// to one more make a tile of three and of four rows, which has as many sums.
template <class T>
struct TileSet {
    static constexpr std::size_t widest = GemmTraits<xsimd::default_arch>::columns;
    static constexpr bool masks = GemmTraits<xsimd::default_arch>::masks;
    template <std::size_t C> // rows of the tallest tile of C batches
    static constexpr std::size_t height = C == 1        ? 8
                                          : C <= widest ? 6
                                          : C == 3      ? 4
                                                        : 3;
    static constexpr std::size_t tallest = height<widest>;
    using Row = Tiles<T>[4];
    template <std::size_t C, bool Whole, std::size_t Tallest = height<C>>
    static constexpr Row of{&tiles<2, C, Whole, T>, &tiles<3, C, Whole, T>, &tiles<4, C, Whole, T>,
                            &tiles<Tallest, C, Whole, T>};
    // Columns of the widest strip of a short sum.
    static constexpr std::size_t wide = by_hand<3, 4, T> ? 4 : widest == 2 ? 3 : widest;
    static constexpr bool evenly = widest == 2 && wide == 4; // columns are cut as rows are
    // The widest ones without a masked lane, side by side.
    template <std::size_t R>
    static constexpr Tiles<T> across = &tiles<R, widest, true, T, TileOrder::across>;
    // The widest one that copies, and the fewest columns that it is for.
    static constexpr Tiles<T> copying = &tiles<tallest, widest, !masks, T, TileOrder::copying>;
    static constexpr std::size_t copied = masks ? (widest - 1) * lanes<T> + 1 : widest * lanes<T>;
};

/// How rows are cut into tiles: count[3] of `Most`, then count[2] of 4, count[1] of 3, count[0] of
/// 2 and perhaps a single one. A low tile waits for its own sums: 4 and 3 are better than 6 and 1,
/// two of 4 than 6 and 2. A tall tile has more to store at once than a short sum hides.
template <std::size_t Most>
struct Heights {
    static constexpr std::size_t height[4]{2, 3, 4, Most};
    std::size_t count[4];
    bool single;
    Heights(std::size_t rows, std::size_t k) {
        std::size_t tall = k < 8 ? 0 : rows / Most, rest = rows - tall * Most;
        if (tall > 0 && (rest == 1 || rest == 2 || rest == 5)) --tall, rest += Most;
        single = rest == 1;
        std::size_t const last = rest % 4, threes = single                   ? 0
                                                    : last == 3 || last == 1 ? 1
                                                    : last == 2 && rest > 4  ? 2
                                                                             : 0;
        count[3] = tall;
        count[2] = (rest - 3 * threes) / 4;
        count[1] = threes;
        count[0] = (rest - 3 * threes) % 4 / 2;
    }
};

/// One row as both rows of a pair.
template <std::size_t C, bool Whole, class T>
LAMINA_ALWAYS_INLINE inline void single_row(Strip<T>& s, T const* a, T* c) {
    std::size_t const a_row = s.a_row, ldc = s.ldc;
    s.a_row = s.ldc = 0;
    tiles<2, C, Whole>(1, s, a, c);
    s.a_row = a_row, s.ldc = ldc;
}

/// All rows of a strip, with one kind of tile.
template <std::size_t C, bool Whole, class T>
void run_tiles(std::size_t rows, Strip<T>& s, T const* a, T* c) {
    constexpr std::size_t most = TileSet<T>::template height<C>;
    constexpr auto const& table = TileSet<T>::template of<C, Whole>;
    if (rows > 1 && rows <= 4) return table[rows - 2](1, s, a, c);
    // as many rows as there often are
    if (constexpr std::size_t even = C <= 2 && TileSet<T>::widest == 4 ? 8 : most; rows % even == 0)
        return tiles<even, C, Whole>(rows / even, s, a, c);
    bool const low = C > 3 && s.k < 12 && rows % 4 == 0; // 16 sums are enough, 24 to store at once
    Heights<most> const h(rows, low ? 0 : s.k);          // are more than a short sum hides
    for (std::size_t i = 4; i-- > 0;) {
        if (h.count[i] == 0) continue;
        std::size_t const done = h.count[i] * h.height[i];
        table[i](h.count[i], s, a, c);
        a += done * s.a_row;
        c += done * s.ldc;
    }
    if (h.single) single_row<C, Whole>(s, a, c);
}

/// One batch of columns in tiles of which no two differ by more than a row, eight at most: fewer
/// than four or five wait for their own sums.
template <class T>
void narrow_tiles(std::size_t rows, Strip<T>& s, T const* a, T* c) {
    static constexpr Tiles<T> of[]{&tiles<2, 1, false, T>, &tiles<3, 1, false, T>,
                                   &tiles<4, 1, false, T>, &tiles<5, 1, false, T>,
                                   &tiles<6, 1, false, T>, &tiles<7, 1, false, T>,
                                   &tiles<8, 1, false, T>};
    if (rows == 1) return single_row<1, false>(s, a, c);
    constexpr std::size_t most = TileSet<T>::template height<1>;
    std::size_t const count = (rows + most - 1) / most, high = rows / count, higher = rows % count,
                      done = higher * (high + 1);
    if (higher > 0) of[high - 1](higher, s, a, c);
    of[high - 2](count - higher, s, a + done * s.a_row, c + done * s.ldc);
}

/// The same in tiles of which no two differ by more than a row: as high as can be, but a high one
/// has more to begin and to store than a short sum hides.
template <std::size_t C, class T>
void even_tiles(std::size_t rows, Strip<T>& s, T const* a, T* c) {
    constexpr std::size_t most = TileSet<T>::template height<C>;
    constexpr std::size_t fourth = most < 4 ? most : 4, fifth = most < 5 ? most : 5;
    static constexpr Tiles<T> of[]{&tiles<2, C, false, T>, &tiles<3, C, false, T>,
                                   &tiles<fourth, C, false, T>, &tiles<fifth, C, false, T>,
                                   &tiles<most, C, false, T>};
    if (rows <= most) {
        if (rows == 1) single_row<C, false>(s, a, c);
        else of[rows - 2](1, s, a, c);
        return;
    }
    constexpr std::size_t least = (8 + C - 1) / C; // rows whose sums hide each other's latency
    std::size_t count = (rows + most - 1) / most;
    if (s.k <= 32) count = std::max(count, rows / least);
    std::size_t high = most; // of the lower ones
    while (high * count > rows) --high;
    std::size_t const higher = rows - high * count, done = higher * (high + 1);
    if (higher > 0) of[high - 1](higher, s, a, c);
    of[high - 2](count - higher, s, a + done * s.a_row, c + done * s.ldc);
}

/// Tiles in assembly of C batches of columns, by their rows less two.
template <std::size_t C, bool Along, class T>
inline constexpr auto hand_tiles_of = []<std::size_t... R>(std::index_sequence<R...>) {
    using Kernel = void (*)(HandTiles&, std::size_t, std::size_t, std::size_t, std::size_t);
    return std::array<Kernel, sizeof...(R)>{&hand_tiles<R + 2, C, Along, false, T>...};
}
(std::make_index_sequence<TileSet<T>::template height<C> - 1>{});

/// All rows of a strip in tiles in assembly of which no two differ by more than a row, as high as
/// can be; of short sums in tiles of one height, if one more of them makes it so.
template <std::size_t C, class T>
[[gnu::noinline]] void strip_by_hand(std::size_t rows, Strip<T> const& s, T const* a, T* c) {
    constexpr unsigned most = TileSet<T>::template height<C>;
    constexpr std::size_t size = sizeof(T);
    HandTiles t = tiles_of_strip(s, a, c, s.far);
    std::size_t row = s.a_row * size;
    std::size_t const step = s.a_step * size, ldb = s.ldb * size, back = t.a_on;
    std::size_t const last = place<false, C, lanes<T>>(C - 1, s.last) * size;
    auto const run = [&](std::size_t count, std::size_t height) LAMINA_ALWAYS_INLINE {
        t.count = count, t.a_on = height * row + back;
        auto const& of = step == size ? hand_tiles_of<C, true, T> : hand_tiles_of<C, false, T>;
        of[height - 2](t, row, step, ldb, last);
    };
    if (rows == 1) { // as both rows of a pair
        row = t.ldc = t.down = 0;
        return run(1, 2);
    }
    if (rows <= most) return run(1, rows);
    std::size_t count = (rows + most - 1) / most, high = rows / count, higher = rows % count;
    if (s.k <= 32 && higher > 0 && rows % (count + 1) == 0)
        ++count, high = rows / count, higher = 0;
    if (higher > 0) {
        run(higher, high + 1);
        std::size_t const done = higher * (high + 1);
        t.a += done * row, t.c += done * t.ldc;
        t.from = t.down > 0 ? t.c : t.from;
    }
    run(count - higher, high);
}

/// All rows of a strip of columns.
template <class T>
[[gnu::noinline]] void strip(std::size_t rows, std::size_t columns, Strip<T>& s, T const* a, T* c) {
    using Set = TileSet<T>;
    s.last = (columns - 1) % lanes<T> + 1;
    constexpr std::size_t wide = Set::widest == 2 ? lanes<T> : Set::copied; // the fewest columns
    if (s.k <= shortest && s.k > 1 && rows >= 8 && (columns >= wide || columns <= lanes<T>)) {
        if constexpr (shorter<T> == 3)
            if (columns > Set::widest * lanes<T>)
                return s.k == 2 ? short_sums<2, 3>(rows, s, a, c) : short_sums<3, 3>(rows, s, a, c);
        static constexpr Tiles<T> sums[][2]{
            {&short_sums<2, 1, T>, &short_sums<2, Set::widest, T>},
            {&short_sums<3, 1, T>, &short_sums<3, Set::widest, T>},
            {&short_sums<4, 1, T>, &short_sums<4, Set::widest, T>},
            {&short_sums<5, 1, T>, &short_sums<5, Set::widest, T>},
            {&short_sums<shortest, 1, T>, &short_sums<shortest, Set::widest, T>}};
        return sums[s.k - 2][columns > lanes<T>](rows, s, a, c);
    }
    if constexpr (Set::masks) {
        if (columns > 3 * lanes<T>) {
            if (rows == 5) return tiles<5, 4, false>(1, s, a, c); // b read once
            return run_tiles<4, false>(rows, s, a, c);
        }
    } else if constexpr (Set::evenly) {
        if (columns > 3 * lanes<T>) return strip_by_hand<4>(rows, s, a, c);
        if (columns > 2 * lanes<T>) return strip_by_hand<3>(rows, s, a, c);
        if (columns > lanes<T>) return strip_by_hand<2>(rows, s, a, c);
        return narrow_tiles(rows, s, a, c);
    } else {
        if (columns > 2 * lanes<T>) return even_tiles<3>(rows, s, a, c);
        if (columns > lanes<T>) return even_tiles<2>(rows, s, a, c);
        return narrow_tiles(rows, s, a, c);
    }
    if constexpr (Set::widest == 4) {
        if (columns > 2 * lanes<T>) return run_tiles<3, false>(rows, s, a, c);
    }
    if (columns > lanes<T>) return run_tiles<2, false>(rows, s, a, c);
    narrow_tiles(rows, s, a, c);
}

/// The longest sums of strips wider than others, whose B is to stay near: 16 KB.
template <class T>
inline constexpr std::size_t wide_strip = 16384 / (TileSet<T>::wide * lanes<T> * sizeof(T));

/// Whether so many columns are one strip.
template <class T>
bool one_strip(std::size_t columns, std::size_t k) {
    constexpr std::size_t widest = TileSet<T>::widest, width = widest * lanes<T>;
    constexpr std::size_t more = width + (widest == 2 ? lanes<T> : 0);
    if (columns <= width) return true;
    if (columns <= more) return k > shortest && more * k <= GemmSizes<T>::room;
    return columns <= TileSet<T>::wide * lanes<T> && k > shortest && k <= wide_strip<T>;
}

/// Whether low tiles would read much of each line of A in vain: it is transposed and not near.
template <class T>
bool reads_lines(Gemm<T> const& g) {
    return TileSet<T>::evenly && g.transposed_a && g.m * g.k * sizeof(T) > 16384;
}

/// So many of the columns that are left make the next strip. Two strips of two and three batches
/// are better than one of four and one of one, which is short of loads; but few rows are short of
/// sums: where the widest tile has two batches, they get three. high: tall tiles are better.
template <class T>
std::size_t next_strip(std::size_t left, std::size_t rows, std::size_t k, bool high = false) {
    constexpr std::size_t widest = TileSet<T>::widest, width = widest * lanes<T>;
    high = high && rows > 4;
    if (one_strip<T>(left, k) && !(high && left > width)) return left;
    if constexpr (TileSet<T>::evenly) {
        bool const is_short = k <= shorter<T> && rows >= 8 && left > width + lanes<T>;
        if (is_short || (!high && one_strip<T>(4 * lanes<T>, k))) { // as even as can be
            std::size_t const batches = (left + lanes<T> - 1) / lanes<T>;
            std::size_t const strips = is_short ? (batches + 2) / 3 : (batches + 3) / 4;
            return (batches + strips - 1) / strips * lanes<T>;
        }
    }
    if (widest == 2 && rows <= 4 && left > 2 * width && one_strip<T>(width + lanes<T>, k))
        return width + lanes<T>;
    if (widest == 2 && left > width && left < width + lanes<T>) return left - lanes<T>; // no masks
    bool const uneven = widest == 4 && left <= width + lanes<T> && k > shortest;
    return uneven && rows >= 6 ? width - lanes<T> : width;
}

} // namespace lamina::kernels::detail
