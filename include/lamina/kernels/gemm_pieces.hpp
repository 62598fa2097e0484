// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/gemm_blocks.hpp>
#include <lamina/kernels/gemm_narrow.hpp>
#include <lamina/kernels/gemm_pack.hpp>
#include <lamina/kernels/gemm_strip.hpp>
#include <lamina/kernels/gemm_task.hpp>
#include <lamina/kernels/gemm_tile.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// A product in pieces: of C, for the caches and the threads, and of a long sum.
namespace lamina::kernels::detail {

/// So few rows that a copy of B would not be read often enough to pay, if a strip's piece of a row
/// is long enough to come from afar in one go, and A stays near.
template <class T>
bool few_rows(Gemm<T> const& g) {
    return GemmSizes<T>::width * sizeof(T) >= 256 && g.m <= 64 && g.m * g.k <= 65536;
}

/// Rows [row, row + rows) and columns [column, column + columns) of C. `pack`: copies of B, panel
/// by panel.
template <class T>
[[gnu::noinline]] void gemm_piece(Gemm<T> const& g, bool pack, std::size_t row, std::size_t rows,
                                  std::size_t column, std::size_t columns, T* panel) {
    using Sizes = GemmSizes<T>;
    using Set = TileSet<T>;
    if (copies_a(g, rows, columns)) return gemm_blocks(g, row, rows, column, columns, panel);
    // One panel alone, over a long sum: both operands come from afar, and soon go again. Few rows:
    // what is copied of B, or read along with a transposed A, stays in the nearest cache. Else as
    // long as can be, for each block reads and writes C; but of a transposed A each term is a page.
    bool const low = g.m <= 64 && (pack || g.transposed_a || !few_rows(g));
    // Where strips are narrow, and all of C stays near: all strips of some terms, so that A comes
    // from afar once, and of so few terms that B stays near for all rows without a copy.
    bool const stays = Set::evenly && low && rows * columns * sizeof(T) <= 32768;
    bool const near_b = stays && pack && !g.panels && !g.transposed_b && g.alpha == T{1};
    if (near_b) pack = false;
    constexpr std::size_t near_terms = Sizes::width > 2 * lanes<T> ? 128 : 256; // 32 KB, or 16
    std::size_t longest = near_b ? 64 : low ? near_terms : g.transposed_a ? Sizes::k / 2 : Sizes::k;
    if (g.transposed_a && g.n <= Sizes::width) {
        // Low tiles wait for their sums; meanwhile the next begins, the sooner the shorter they
        // are.
        std::size_t const near = 32768 / sizeof(T) / (g.m + g.n);
        bool const waits = g.n <= 2 * lanes<T> && g.m % 8 != 0;
        longest = std::clamp<std::size_t>(waits ? 0 : near, 64, Sizes::k / 2);
    }
    std::size_t const blocks = (g.k + longest - 1) / longest, depth = (g.k + blocks - 1) / blocks;
    Strip<T> s{.k = 0,
               .a_row = g.transposed_a ? 1 : g.lda,
               .a_step = g.transposed_a ? g.lda : 1,
               .b = nullptr,
               .ldb = g.ldb,
               .ldc = g.ldc,
               .zero = false,
               .far = g.m * g.n > 262144};
    if (g.transposed_a && g.m * g.k > 262144) s.beside = 64 / sizeof(T);
    std::size_t begin = 0; // of the terms for all strips
    do {
        for (std::size_t j = column, width; j < column + columns; j += width) {
            std::size_t const left = column + columns - j;
            width = g.panels ? std::min(left, Sizes::width)
                    : near_b ? next_strip<T>(left, rows, depth)
                             : next_strip<T>(left, rows, g.k, reads_lines(g));
            for (std::size_t p = begin; p < (stays ? std::min(begin + depth, g.k) : g.k);
                 p += depth) {
                s.k = std::min(depth, g.k - p);
                s.b = g.transposed_b ? g.b + j * g.ldb + p : g.b + p * g.ldb + j;
                bool const fresh = p == 0 && g.beta == T{0};
                bool const whole = p + s.k == g.k && g.finish.apply;
                T const* a = g.a + row * s.a_row + p * s.a_step;
                T* c = g.c + row * g.ldc + j;
                s.zero = fresh && !g.bias;
                s.bias = fresh && g.bias ? g.bias + j : nullptr;
                std::size_t const near = (width + lanes<T> - 1) / lanes<T> * lanes<T>;
                std::size_t done = 0; // rows
                bool const copies = width >= Set::copied && width <= Sizes::width;
                if (g.panels) {
                    s.b = in_panels(g, j, p), s.ldb = Sizes::width;
                } else if (pack) {
                    if (!g.transposed_b && g.alpha == T{1} && copies && rows > 12) {
                        done = Set::tallest;
                        s.ldb = g.ldb, s.last = (width - 1) % lanes<T> + 1, s.copy = panel;
                        Set::copying(1, s, a, c);
                    } else {
                        detail::pack(s.k, width, g.alpha, s.b, g.ldb, g.transposed_b, panel, near);
                    }
                    s.b = panel, s.ldb = near;
                }
                // so that it is still near when it is finished
                std::size_t const chunk = whole ? 16 * Set::tallest : rows;
                for (std::size_t i = 0; i < rows; i += chunk) {
                    std::size_t const count = std::min(chunk, rows - i);
                    strip(count - done, width, s, a + done * s.a_row, c + done * g.ldc);
                    if (whole) g.finish.apply(g.finish.context, c, g.ldc, row + i, j, count, width);
                    a += count * s.a_row, c += count * g.ldc;
                    done = 0;
                }
            }
        }
        begin += depth;
    } while (stays && begin < g.k);
}

/// A long sum for a small C is cut into so many parts, each added up by itself: by the shape alone,
/// so that the bits do not depend on the threads. 1: it is not cut.
template <class T>
std::size_t parts_of_sum(Gemm<T> const& g) {
    if (g.k < 2048 || g.n > GemmSizes<T>::width || g.transposed_b || g.alpha != T{1} || g.bias)
        return 1;
    std::size_t const turned = wants_swap(g, g.n) ? g.n * GemmSizes<T>::width : 0;
    std::size_t const room = GemmSizes<T>::room / 2 - turned;
    if (4 * g.m * g.n > room) return 1;
    return std::min<std::size_t>(8, room / (g.m * g.n));
}

template <class T>
[[gnu::noinline]] void gemm_in_parts(Gemm<T> const& g, std::size_t parts, T* scratch,
                                     Threads* threads) {
    using V = Batch<T>;
    std::size_t const depth = (g.k + parts - 1) / parts, size = g.m * g.n;
    T* const sums = scratch + GemmSizes<T>::room - parts * size; // behind the first worker's own
    parallel_for(threads, parts, 1, [&](std::size_t i, std::size_t, std::size_t worker) {
        std::size_t const p = i * depth;
        Gemm<T> part = g;
        part.k = std::min(depth, g.k - p);
        part.a += p * (g.transposed_a ? g.lda : 1);
        part.b += p * g.ldb;
        part.c = sums + i * size;
        part.ldc = g.n;
        part.beta = T{0};
        part.finish = {};
        if (wants_swap(g, g.n)) gemm_swapped(part, 0, g.m, scratch + worker * gemm_scratch<T>(g.n));
        else gemm_piece(part, false, 0, g.m, 0, g.n, static_cast<T*>(nullptr));
    });
    for (std::size_t i = 0; i < g.m; ++i)
        for (std::size_t j = 0; j < g.n; j += V::size) {
            std::size_t const count = std::min(g.n - j, V::size);
            T* const c = g.c + i * g.ldc + j;
            T const* from = sums + i * g.n + j;
            V v = load<V>(from, count);
            for (std::size_t part = 1; part < parts; ++part) v += load<V>(from += size, count);
            kernels::store(c, g.beta == T{0} ? v : v + load<V>(c, count), count);
        }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
}

struct Pieces {
    std::size_t rows, columns; // of each; those at the end may be smaller
};

/// Pieces of C for `workers` threads: those whose slowest thread has least to do, in multiply-adds.
/// What the copies of B cost is counted in rows. Where rows of C are no whole cache lines, pieces
/// beside each other write to the same line in each row, and take it from each other, which takes
/// as long as some thousand multiply-adds.
template <class T>
Pieces cut(Gemm<T> const& g, bool pack, std::size_t workers) {
    constexpr std::size_t width = GemmSizes<T>::width;
    bool const apart =
        (reinterpret_cast<std::uintptr_t>(g.c) | (g.m > 1 ? g.ldc * sizeof(T) : 0)) % 64 == 0;
    std::size_t const strips = (g.n + width - 1) / width;
    std::size_t best = ~std::size_t{0};
    Pieces pieces{};
    for (std::size_t r = 1; r < 4 * workers && r <= (g.m + 1) / 2; r = r < workers ? r + 1 : 2 * r)
        for (std::size_t c = 1; c < 4 * workers && c <= strips; c = c < workers ? c + 1 : 2 * c) {
            std::size_t const rows = (g.m + r - 1) / r;
            std::size_t const columns = std::min((strips + c - 1) / c * width, g.n);
            std::size_t const across = (g.n + columns - 1) / columns;
            std::size_t const count = (g.m + rows - 1) / rows * across;
            std::size_t const rounds = (count + workers - 1) / workers;
            std::size_t const taken = apart || across == 1 ? 0 : rows * 4000;
            std::size_t const cost = rounds * (columns * (rows + (pack ? 10 : 1)) * g.k + taken);
            if (cost < best) best = cost, pieces = {rows, columns};
        }
    return pieces;
}

} // namespace lamina::kernels::detail
