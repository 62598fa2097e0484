// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/strip_copy.hpp>
#include <lamina/kernels/strips.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

/// What filters see that each stay in their lane: which windows read the image itself, and strips
/// in which channels lie beneath their filters.
namespace lamina::kernels::detail {

/// The windows on a strip for one batch of filters.
template <class T>
constexpr Windows lane_windows(DirectSize const& d) {
    Windows w = d.windows;
    w.channels = d.channels * lanes<T>;
    return w;
}

/// How they are cut into strips. Columns [first, last) of y see no zeros beside the image: of a
/// depthwise convolution they read it where it lies.
template <class T>
struct LaneCut : StripCut {
    std::size_t first = 0, last = 0;
    constexpr LaneCut(DirectSize const& d, std::size_t batch)
        : StripCut(lane_windows<T>(d), batch, d.channels == 1 ? 1 : 4) {
        Windows const w = lane_windows<T>(d);
        if (d.channels != 1 || d.filters != 1 || w.taps() == 0) return;
        auto const step = static_cast<std::ptrdiff_t>(w.stride_x),
                   behind = static_cast<std::ptrdiff_t>(w.width) -
                            static_cast<std::ptrdiff_t>(reach(w.kernel_width, w.dilation_x)) +
                            w.left;
        std::size_t const from = static_cast<std::size_t>(
                              (std::max<std::ptrdiff_t>(w.left, 0) + step - 1) / step),
                          end = behind < 0 ? 0
                                           : std::min(static_cast<std::size_t>(behind / step) + 1,
                                                      w.out_width);
        if (end < from + 8 || 14 * (w.out_width - (end - from)) >= w.out_width) return;
        first = from, last = end;
        if (w.out_height > 1) { // as many rows as the tiles at the edges are tall
            down = std::max<std::size_t>((w.out_height + 15) / 16, batch == 1 ? 2 : 1);
            rows = (w.out_height + down - 1) / down;
            down = (w.out_height + rows - 1) / rows;
        }
        std::size_t const edge = std::max<std::size_t>({from, w.out_width - end, 1}),
                          slack = 16 * w.stride_x * lanes<T>;
        size = whole_lines(
            slack + lanes<T> * std::max(seen_rows(w, rows + 15) * StripColumns(w, 0, edge).wide,
                                        seen_rows(w, 1) * StripColumns(w, 0, columns).wide));
    }
    /// Those of one strip, counted from its left.
    std::pair<std::size_t, std::size_t> inside(StripPlace const& strip) const {
        std::size_t const left = strip.left, right = left + strip.seen.count,
                          from = std::clamp(first, left, right), to = std::clamp(last, left, right);
        if (from >= to) return {0, 0};
        return {from - left, to - left};
    }
};

/// What the windows of row y of column x on see of the image, from its number `begin` on.
struct InsideRow : InsideTaps {
    std::size_t begin = 0;
    InsideRow(Windows const& w, std::size_t y, std::size_t x) : InsideTaps(w, y) {
        if (taps > 0) begin = (w.row(y, tap) * w.width + w.column(x, 0)) * w.channels;
    }
    /// Behind what `columns` windows of as many rows see, each of whole batches.
    std::size_t end(Windows const& w, std::size_t rows, std::size_t columns,
                    std::size_t batch) const {
        if (taps == 0) return 0;
        std::size_t const down = (rows - 1) * w.stride_y + (taps - 1) * w.dilation_y,
                          right = (columns - 1) * w.stride_x + (w.kernel_width - 1) * w.dilation_x;
        return begin + (down * w.width + right) * w.channels +
               (w.channels + batch - 1) / batch * batch;
    }
};

/// Fetches `count` numbers; behind them.
template <class T>
T const* fetch(T const* from, std::size_t count) {
    for (std::size_t i = 0; i < count; i += 64 / sizeof(T)) __builtin_prefetch(from + i, 0, 2);
    return from + count;
}

/// to[pixels, lanes] = `count` channels of each pixel, a whole batch or not.
template <bool Whole, class T>
LAMINA_ALWAYS_INLINE inline void copy_channels(std::size_t pixels, std::size_t next,
                                               std::size_t count, T const* from, T* to) {
    using V = Batch<T>;
    for (; pixels > 0; --pixels, from += next, to += V::size) {
        __builtin_prefetch(from + V::size); // the next batch's
        kernels::store(to, Whole ? load<V>(from) : load<V>(from, count));
    }
}
/// Lane l is number l / F F + C of v.
template <std::size_t F, std::size_t C, class V, std::size_t... I>
LAMINA_ALWAYS_INLINE inline V spread_lanes(V v, std::index_sequence<I...>) {
    return kernels::shuffle<static_cast<int>(I / F * F + C)...>(v, v);
}
/// to[pixels, F, lanes] = of `count` channels of each pixel, in groups of F, the first of its group
/// beneath each filter, then the second ...
template <std::size_t F, class T, std::size_t... C>
void spread_channels(std::size_t pixels, std::size_t next, std::size_t count, T const* from, T* to,
                     std::index_sequence<C...>) {
    using V = Batch<T>;
    for (; pixels > 0; --pixels, from += next, to += F * V::size) {
        V const v = count == V::size ? load<V>(from) : load<V>(from, count);
        (kernels::store(to + C * V::size,
                        spread_lanes<F, C>(v, std::make_index_sequence<V::size>{})),
         ...);
    }
}

/// to[rows, wide, channels, lanes] = what windows from row `top` of y on see, of each pixel the
/// channels beneath the filters [j, j + n).
template <class T>
[[gnu::noinline]] void copy_lanes(DirectSize const& d, StripColumns const& s, std::size_t top,
                                  std::size_t rows, T const* image, std::size_t j, std::size_t n,
                                  T* to) {
    using V = Batch<T>;
    std::size_t const next = d.windows.channels, f = d.filters, channels = d.channels;
    auto const each_row = [&](T const* from, auto const& copy) {
        each_strip_row(d.windows, s, top, rows, from, channels * V::size, to, copy);
    };
    if (channels == 1 && f == 1)
        return each_row(image + j, [=](std::size_t pixels, T const* from, T* row) {
            n == V::size ? copy_channels<true>(pixels, next, n, from, row)
                         : copy_channels<false>(pixels, next, n, from, row);
        });
    auto const spread_by = [&]<std::size_t F>(std::index_sequence<F>) {
        if constexpr (F <= V::size)
            if (channels == F && f == F) {
                each_row(image + j, [=](std::size_t pixels, T const* from, T* row) {
                    spread_channels<F>(pixels, next, n, from, row, std::make_index_sequence<F>{});
                });
                return true;
            }
        return false;
    };
    if (spread_by(std::index_sequence<2>{}) || spread_by(std::index_sequence<4>{}) ||
        spread_by(std::index_sequence<8>{}))
        return;
    each_row(image + j / f * channels, [=](std::size_t pixels, T const* from, T* row) {
        for (; pixels > 0; --pixels, from += next)
            for (std::size_t c = 0; c < channels; ++c, row += V::size) {
                T const* x = from + c;
                std::fill(row + n, row + V::size, T{0});
                for (std::size_t l = 0, some = f - j % f; l < n; l += some, some = f, x += channels)
                    std::fill_n(row + l, std::min(some, n - l), *x);
            }
    });
}

} // namespace lamina::kernels::detail
