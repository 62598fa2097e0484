// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/gemm_tile.hpp>
#include <lamina/kernels/window_tile.hpp>

#include <cstddef>

/// The matrix products of Winograd's way, for one strip of columns. Where a panel is several tiles
/// wide, a strip of b stays in the nearest cache while all the rows pass, and these lie equally far
/// apart: gemm's tiles go from one to the next without a pointer for each row.
namespace lamina::kernels::detail {

/// Whether panels are several tiles wide.
template <class T>
inline constexpr bool several_tiles = tile_width<T>() < panel_width<T>();

/// The first `count` tiles of six rows: c[6 count, a tile's width] = the sum over k terms of op(A)
/// b or, unless it is to begin from zero, += it. A's rows lie a_row apart, its terms a_step; b's a
/// tile's width, c's ldc.
template <class T>
void sum_strip(std::size_t count, std::size_t k, bool zero, T const* a, std::size_t a_row,
               std::size_t a_step, T const* b, T* c, std::size_t ldc) {
    Strip<T> strip{};
    strip.k = k;
    strip.a_row = a_row;
    strip.a_step = a_step;
    strip.b = b;
    strip.ldb = tile_width<T>();
    strip.ldc = ldc;
    strip.zero = zero;
    strip.last = lanes<T>;
    tiles<Sights<T>::rows, TileSet<T>::widest, true>(count, strip, a, c);
}

/// c[count, columns] = a[count, k] b, of at most a tile's width; rows of c lie ldc apart, and up to
/// the next multiple of six there is room behind the last of a and c.
template <class T>
void multiply_strip(std::size_t count, std::size_t k, T const* a, T const* b, std::size_t columns,
                    T* c, std::size_t ldc) {
    constexpr std::size_t rows = Sights<T>::rows, tile = tile_width<T>();
    if constexpr (several_tiles<T>)
        if (columns == tile)
            return sum_strip((count + rows - 1) / rows, k, true, a, k, 1, b, c, ldc);
    Sights<T> s;
    s.count = 1;
    s.ldb = tile;
    s.ahead = rows * k;
    s.run[0] = k;
    s.b[0] = b;
    for (std::size_t t = 0; t < count; t += rows) {
        for (std::size_t r = 0; r < rows; ++r) {
            s.at[0][r] = a + (t + r) * k;
            s.c[r] = c + (t + r) * ldc;
        }
        sum_windows(s, columns, no_bias<T>);
    }
}

/// c[numbers, columns] += the sum over the pairs of their x times dy, as add_pairs; x's rows lie
/// `lines` apart and dy's a tile's width.
template <class T>
void add_strip(Pairs<T> const& pairs, std::size_t lines, std::size_t numbers, std::size_t columns,
               T* c, std::size_t ldc) {
    constexpr std::size_t rows = Sights<T>::rows;
    std::size_t done = 0;
    if constexpr (several_tiles<T>)
        if (columns == tile_width<T>() && numbers > 2 * rows) {
            std::size_t const count = numbers / rows - 1; // the rest in tiles that are not low
            sum_strip(count, pairs.count, false, pairs.x[0], 1, lines, pairs.dy[0], c, ldc);
            done = count * rows;
        }
    add_pairs(pairs, done, numbers - done, columns, c + done * ldc, ldc);
}

} // namespace lamina::kernels::detail
