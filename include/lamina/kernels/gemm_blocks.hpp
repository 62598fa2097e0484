// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/gemm_pack.hpp>
#include <lamina/kernels/gemm_strip.hpp>
#include <lamina/kernels/gemm_task.hpp>
#include <lamina/kernels/gemm_tile.hpp>

#include <algorithm>
#include <cstddef>

/// Products of which A is copied as well: block by block of rows, beside panels of B that are
/// copied for all of them (K. Goto and R. van de Geijn, Anatomy of High-Performance Matrix
/// Multiplication, 2008). For tiles of few columns, which read A anew for each of many panels.
namespace lamina::kernels::detail {

/// Whether that pays for a piece of C. Tiles read a transposed A a few numbers of each line at a
/// time, and other rows that lie whole pages apart drive each other out of the caches. Else a copy
/// only saves instructions, and must be used often.
template <class T>
bool copies_a(Gemm<T> const& g, std::size_t rows, std::size_t columns) {
    using Blocks = GemmBlocks<T>;
    if (!Blocks::wanted || columns < Blocks::fewest || rows < 48 || g.k < 16) return false;
    std::size_t const numbers = rows * g.k;
    bool const often = rows * columns >= 131072;
    if (g.transposed_a) return often || numbers > 16384;
    if (g.lda * sizeof(T) % 4096 == 0 && rows >= 96 && numbers >= 131072) return true;
    return !g.transposed_b && often && g.k >= 32 && numbers >= 32768;
}

/// All rows of a block of A, beside one panel of B.
template <class T>
void block_strip(std::size_t rows, std::size_t columns, Strip<T>& s, T const* a, T* c) {
    using Blocks = GemmBlocks<T>;
    constexpr std::size_t widest = TileSet<T>::widest, height = Blocks::height;
    if (columns == GemmSizes<T>::width) {
        std::size_t const count = rows / height;
        s.a_row = Blocks::sliver, s.last = lanes<T>;
        tiles<height, widest, true, T, TileOrder::copied>(count, s, a, c);
        rows -= count * height, a += count * Blocks::sliver, c += count * height * s.ldc;
    }
    s.a_row = 1, s.far = false; // nothing is below
    for (std::size_t count; rows > 0; rows -= count, a += Blocks::sliver, c += count * s.ldc) {
        count = std::min(rows, height);
        strip(count, columns, s, a, c);
    }
}

/// Rows [row, row + rows) and columns [column, column + columns) of C. A panel is copied when the
/// first block wants it, so that it is near.
template <class T>
[[gnu::noinline]] void gemm_blocks(Gemm<T> const& g, std::size_t row, std::size_t rows,
                                   std::size_t column, std::size_t columns, T* scratch) {
    using Blocks = GemmBlocks<T>;
    constexpr std::size_t width = GemmSizes<T>::width, height = Blocks::height;
    auto const even = [](std::size_t n, std::size_t most, std::size_t unit) {
        std::size_t const parts = (n + most - 1) / most;
        return ((n + parts - 1) / parts + unit - 1) / unit * unit;
    };
    std::size_t const depth = even(g.k, Blocks::k, 1);
    std::size_t const low = even(rows, Blocks::rows, height);
    std::size_t const pass = even(columns, Blocks::columns, width), several = 4 * width;
    T *const block = scratch, *const panels = scratch + Blocks::rows / height * Blocks::sliver;
    for (std::size_t begin = column, end; begin < column + columns; begin = end) {
        end = std::min(begin + pass, column + columns);
        for (std::size_t p = 0; p < g.k; p += depth) {
            std::size_t const k = std::min(depth, g.k - p);
            bool const fresh = p == 0 && g.beta == T{0};
            bool const whole = p + k == g.k && g.finish.apply;
            for (std::size_t i = row, count; i < row + rows; i += count) {
                count = std::min(low, row + rows - i);
                T const* const a = g.a + (g.transposed_a ? p * g.lda + i : i * g.lda + p);
                pack_slivers<height>(count, k, a, g.lda, g.transposed_a, block, Blocks::sliver);
                for (std::size_t j = begin; j < end; j += width) {
                    std::size_t const wide = std::min(width, end - j);
                    T* const panel = panels + (j - begin) * k;
                    bool const first = i == row && !g.panels;
                    if (first && g.transposed_b)
                        pack(k, wide, g.alpha, g.b + j * g.ldb + p, g.ldb, true, panel, width);
                    else if (first && (j - begin) % several == 0)
                        pack_panels<width>(k, std::min(several, end - j), g.alpha,
                                           g.b + p * g.ldb + j, g.ldb, panel);
                    T* const c = g.c + i * g.ldc + j;
                    Strip<T> s{.k = k,
                               .a_row = 1,
                               .a_step = height,
                               .b = g.panels ? in_panels(g, j, p) : panel,
                               .ldb = width,
                               .ldc = g.ldc,
                               .zero = fresh && !g.bias,
                               .bias = fresh && g.bias ? g.bias + j : nullptr,
                               .far = true};
                    block_strip(count, wide, s, block, c);
                    if (whole) g.finish.apply(g.finish.context, c, g.ldc, i, j, count, wide);
                }
            }
        }
    }
}

} // namespace lamina::kernels::detail
