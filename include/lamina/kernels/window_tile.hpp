// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_strip.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/tile_rows.hpp>

#include <algorithm>
#include <cstddef>

/// The inner kernels of convolution. They read the numbers that windows see where these lie,
/// through a pointer for each window and tap (M. Dukhan (2019), "The indirect convolution
/// algorithm"), and leave out the taps that see nothing.
namespace lamina::kernels::detail {

/// What the windows of one tile see under some taps: of window r the run[i] numbers from at[i][r]
/// on, which meet the kernel's rows from b[i] on. c[r]: where its sums go.
template <class T>
struct Sights {
    static constexpr std::size_t rows = 6, most = 32;
    std::size_t count, ldb;
    std::size_t ahead; // from a window to its neighbour in the next tile, in x
    T const* at[most][rows];
    T const* b[most];
    std::size_t run[most];
    T* c[rows];
};

/// Columns of c that a tile covers: from the first on so many batches; the last has `last` lanes.
struct TileColumns {
    std::size_t first, batches, last;
    bool whole;
};
/// Columns of the widest tile.
template <class T>
constexpr std::size_t tile_width() {
    return TileSet<T>::widest * lanes<T>;
}
/// f(TileColumns) for all the columns.
template <class T, class F>
void column_tiles(std::size_t columns, F const& f) {
    constexpr std::size_t wide = tile_width<T>();
    for (std::size_t j = 0; j < columns; j += wide) {
        std::size_t const n = std::min(wide, columns - j), last = (n - 1) % lanes<T> + 1;
        // where masks cost nothing, there is one kind of tile
        f(TileColumns{j, (n + lanes<T> - 1) / lanes<T>, last,
                      !TileSet<T>::masks && last == lanes<T>});
    }
}

/// c[r] = add + the sum over all that window r sees; without `add`, c[r] += it. `add` is the row
/// for all columns of c.
template <std::size_t C, bool Whole, class T>
[[gnu::noinline]] void window_tile(Sights<T> const& s, TileColumns const& columns, T const* add) {
    using V = Batch<T>;
    constexpr std::size_t R = Sights<T>::rows, line = 64 / sizeof(T);
    std::size_t const ldb = s.ldb, column = columns.first, last = columns.last;
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) __builtin_prefetch(s.c[r] + column + i * V::size, 1);
    }
    V sum[R][C];
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r)
        load_row<Whole>(sum[r], (add ? add : s.c[r]) + column, last);
    for (std::size_t i = 0; i < s.count; ++i) {
        T const *p[R], *b = s.b[i] + column;
        std::size_t const run = s.run[i];
        LAMINA_UNROLL
        for (std::size_t r = 0; r < R; ++r) p[r] = s.at[i][r];
        for (std::size_t k = 0; k < run; ++k, b += ldb) {
            if (k % line == 0) {
                LAMINA_UNROLL
                for (std::size_t r = 0; r < R; ++r) __builtin_prefetch(p[r] + k + s.ahead);
            }
            V x[C];
            keep_row<Whole>(x, b, last);
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r) add_row(sum[r], V(p[r][k]), x);
        }
    }
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) store_row<Whole>(sum[r], s.c[r] + column, last);
}

/// Pixels that some windows see under one tap, and the gradients of what the windows made.
template <class T>
struct Pairs {
    static constexpr std::size_t most = 96, ahead = 16;
    std::size_t count = 0;
    T const* x[most + ahead]; // with some more behind the last, to be fetched ahead
    T const* dy[most];
};

/// c[R tile rows, C batches] += the sum over all pairs of x's numbers from `first` on times dy;
/// then so for the next `tiles` x R numbers.
template <std::size_t R, std::size_t C, bool Whole, class T>
[[gnu::noinline]] void pair_tiles(std::size_t tiles, Pairs<T> const& p, std::size_t first,
                                  TileColumns const& columns, T* c, std::size_t ldc) {
    using V = Batch<T>;
    std::size_t const column = columns.first, last = columns.last;
    c += column;
    for (; tiles > 0; --tiles, first += R) {
        V sum[R][C];
        T* row = c;
        LAMINA_UNROLL
        for (std::size_t r = 0; r < R; ++r) {
            load_row<Whole>(sum[r], row, last);
            row = next_row(row, ldc);
        }
        LAMINA_UNROLL
        for (std::size_t r = 0; r < R; ++r) { // of the next tile
            LAMINA_UNROLL
            for (std::size_t i = 0; i < C; ++i) __builtin_prefetch(row + i * V::size, 1);
            row = next_row(row, ldc);
        }
        for (std::size_t k = 0; k < p.count; ++k) {
            __builtin_prefetch(p.x[k + Pairs<T>::ahead] + first);
            T const *const a = p.x[k] + first, *const b = p.dy[k] + column;
            V x[C];
            keep_row<Whole, (R > 1)>(x, b, last);
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r) add_row(sum[r], V(a[r]), x);
        }
        LAMINA_UNROLL
        for (std::size_t r = 0; r < R; ++r) {
            store_row<Whole>(sum[r], c, last);
            c = next_row(c, ldc);
        }
    }
}

template <class T>
using WindowTile = void (*)(Sights<T> const&, TileColumns const&, T const* add);
template <class T>
using PairTiles = void (*)(std::size_t tiles, Pairs<T> const&, std::size_t first,
                           TileColumns const&, T* c, std::size_t ldc);

/// The tiles for so many batches of columns.
template <class T, bool Whole, std::size_t C = TileSet<T>::widest>
WindowTile<T> window_tile_of(std::size_t batches) {
    if constexpr (C > 1)
        if (batches < C) return window_tile_of<T, Whole, C - 1>(batches);
    return &window_tile<C, Whole, T>;
}
/// Those of 6, 4, 3 and 1 rows.
template <class T, bool Whole, std::size_t C = TileSet<T>::widest>
PairTiles<T> const* pair_tiles_of(std::size_t batches) {
    static constexpr PairTiles<T> tiles[]{&pair_tiles<6, C, Whole, T>, &pair_tiles<4, C, Whole, T>,
                                          &pair_tiles<3, C, Whole, T>, &pair_tiles<1, C, Whole, T>};
    if constexpr (C > 1)
        if (batches < C) return pair_tiles_of<T, Whole, C - 1>(batches);
    return tiles;
}

/// The sums of six windows, for all columns: see window_tile.
template <class T>
void sum_windows(Sights<T> const& s, std::size_t columns, T const* add) {
    column_tiles<T>(columns, [&](TileColumns const& part) {
        auto const tile = part.whole ? window_tile_of<T, !TileSet<T>::masks>(part.batches)
                                     : window_tile_of<T, false>(part.batches);
        tile(s, part, add);
    });
}

/// c[numbers, columns] += the sum over the pairs of x's numbers from `first` on times dy.
template <class T>
void add_pairs(Pairs<T> const& p, std::size_t first, std::size_t numbers, std::size_t columns, T* c,
               std::size_t ldc) {
    // six at a time; 7, 8 and 11 in fours and threes, because low tiles wait for their own sums
    std::size_t const rest = numbers % 6,
                      left = numbers > 6 && (rest == 1 || rest == 2 || rest == 5) ? rest + 6 : rest,
                      threes = left % 4 == 3;
    struct {
        std::size_t height, count;
    } const cuts[]{
        {6, (numbers - left) / 6}, {4, left / 4}, {3, threes}, {1, left % 4 - 3 * threes}};
    column_tiles<T>(columns, [&](TileColumns const& part) {
        auto const* tiles = part.whole ? pair_tiles_of<T, !TileSet<T>::masks>(part.batches)
                                       : pair_tiles_of<T, false>(part.batches);
        std::size_t from = 0;
        for (auto const& cut : cuts) {
            if (cut.count > 0) (*tiles)(cut.count, p, first + from, part, c + from * ldc, ldc);
            from += cut.count * cut.height;
            ++tiles;
        }
    });
}

} // namespace lamina::kernels::detail
