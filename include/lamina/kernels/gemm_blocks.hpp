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
/// time. Rows that lie whole pages apart drive each other out of the caches.
template <class T>
bool copies_a(Gemm<T> const& g, std::size_t rows, std::size_t columns) {
    using Blocks = GemmBlocks<T>;
    if (!Blocks::wanted || rows < Blocks::rows || columns < Blocks::fewest) return false;
    if (g.transposed_a) return rows * g.k > 65536;
    return g.lda * sizeof(T) % 4096 == 0 && rows * g.k >= 131072;
}

/// Rows [row, row + rows) and columns [column, column + columns) of C.
template <class T>
[[gnu::noinline]] void gemm_blocks(Gemm<T> const& g, std::size_t row, std::size_t rows,
                                   std::size_t column, std::size_t columns, T* scratch) {
    using Blocks = GemmBlocks<T>;
    constexpr std::size_t strip_width = GemmSizes<T>::width;
    std::size_t const parts = (g.k + Blocks::k - 1) / Blocks::k, depth = (g.k + parts - 1) / parts;
    std::size_t const passes = (columns + Blocks::columns - 1) / Blocks::columns;
    std::size_t const pass = ((columns + passes - 1) / passes + strip_width - 1) / strip_width;
    T *const block = scratch, *const panels = scratch + Blocks::rows * Blocks::row;
    auto const width_at = [&](std::size_t j, std::size_t end) {
        return std::min(strip_width, end - j);
    };
    for (std::size_t begin = column, end; begin < column + columns; begin = end) {
        end = std::min(begin + pass * strip_width, column + columns);
        for (std::size_t p = 0; p < g.k; p += depth) {
            std::size_t const k = std::min(depth, g.k - p);
            bool const fresh = p == 0 && g.beta == T{0};
            bool const whole = p + k == g.k && g.finish.apply;
            T const* const b = g.b + (g.transposed_b ? p : p * g.ldb);
            for (std::size_t j = begin; j < end; j += strip_width)
                pack(k, width_at(j, end), g.alpha, b + (g.transposed_b ? j * g.ldb : j), g.ldb,
                     g.transposed_b, panels + (j - begin) * k, strip_width);
            for (std::size_t i = row, height; i < row + rows; i += height) {
                height = std::min(Blocks::rows, row + rows - i);
                T const* const a = g.a + (g.transposed_a ? p * g.lda + i : i * g.lda + p);
                pack(height, k, T{1}, a, g.lda, g.transposed_a, block, Blocks::row);
                for (std::size_t j = begin; j < end; j += strip_width) {
                    T* const c = g.c + i * g.ldc + j;
                    Strip<T> s{.k = k,
                               .a_row = Blocks::row,
                               .a_step = 1,
                               .b = panels + (j - begin) * k,
                               .ldb = strip_width,
                               .ldc = g.ldc,
                               .zero = fresh && !g.bias,
                               .bias = fresh && g.bias ? g.bias + j : nullptr,
                               .far = true};
                    strip(height, width_at(j, end), s, block, c);
                    if (whole)
                        g.finish.apply(g.finish.context, c, g.ldc, i, j, height, width_at(j, end));
                }
            }
        }
    }
}

} // namespace lamina::kernels::detail
