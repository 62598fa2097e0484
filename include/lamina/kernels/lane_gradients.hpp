// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/lane_columns.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/kernels/strip_copy.hpp>
#include <lamina/kernels/strip_tile.hpp>
#include <lamina/kernels/strips.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// The gradients of kernel and bias of a convolution whose filters stay in their lanes: see
/// lane_strips.hpp.
namespace lamina::kernels::detail {

/// dkernel += the sum over some windows of what they see times dy, for one batch of filters.
template <class T>
void add_lane_part(DirectSize const& d, StripTask<T> const& s, T const* x, T const* dy,
                   T* dkernel) {
    constexpr std::size_t most = strip_rows<1>();
    std::size_t const made = d.made();
    if (slides_by_three(d.windows) && s.taps == 3 && d.channels > 1)
        for (std::size_t c = 0; c < d.channels; ++c)
            sliding_gradients<true>(s, x + c * lanes<T>, dy, dkernel + c * made, d.channels * made);
    else
        for (std::size_t k = 0; k < s.depth; k += most)
            strip_gradients<true, most, 1>(s, std::min(most, s.depth - k), s.at + k, x, dy,
                                           dkernel + k * made, made);
}

/// dkernel += the sum over all windows of what they see times dy; dbias += the sums of dy, or null.
template <class T>
void add_gradients_in_lanes(DirectSize const& d, std::size_t batch, T const* x, T const* dy,
                            T* dkernel, T* dbias, T* scratch, std::size_t apart, Threads* threads) {
    Windows const& w = d.windows;
    Windows const of = lane_windows<T>(d);
    if (dbias) add_column_sums(batch * w.out_pixels(), d.made(), dy, dbias, threads);
    LaneCut<T> const cut(d, 2);
    std::size_t const made = d.made(), blocks = (made + lanes<T> - 1) / lanes<T>,
                      workers = workers_of(threads), image = w.pixels() * w.channels,
                      across = w.width * w.channels, strips = batch * cut.down * cut.across;
    if (few(d, batch)) threads = nullptr;
    // rows x columns windows over an image whose rows have `wide` numbers, of which each pixel
    // shows a window `numbers`
    auto const task_of = [&](Windows const& o, std::size_t wide, std::size_t numbers,
                             std::size_t rows, std::size_t columns, std::size_t taps,
                             std::int32_t const* at) {
        return StripTask<T>{.rows = rows,
                            .columns = columns,
                            .down = o.stride_y * wide,
                            .right = o.stride_x * o.channels,
                            .made_down = w.out_width * made,
                            .made = made,
                            .taps = taps,
                            .tap_down = o.dilation_y * wide,
                            .numbers = numbers,
                            .depth = taps * o.kernel_width * numbers,
                            .at = at,
                            .kernel = nullptr,
                            .add = nullptr,
                            .last = 0};
    };
    // every thread adds up some batches of filters over all windows
    auto const some = [&](std::size_t from, std::size_t to, std::size_t worker) {
        T* const own = scratch + worker * apart;
        std::size_t const begin = from * lanes<T>, end = std::min(to * lanes<T>, made);
        StripOffsets const offsets(w, w.width, 1, 0);
        for (std::size_t i = 0; i < strips; ++i) {
            StripPlace const strip(w, cut, i);
            T const* const seen = x + strip.image * image;
            std::size_t const readable = (batch - strip.image) * image;
            T const* const dys =
                dy + (strip.image * w.out_pixels() + strip.top * w.out_width + strip.left) * made;
            auto const part = [&](std::size_t r, std::size_t rows, std::size_t c,
                                  std::size_t stop) {
                if (c >= stop || rows == 0) return;
                StripColumns const s(of, strip.left + c, stop - c);
                StripOffsets const inside(of, s.wide, d.channels, lanes<T>);
                std::size_t const wide = s.wide * of.channels;
                auto task =
                    task_of(of, wide, d.channels, rows, stop - c, of.kernel_height, inside.at);
                for (std::size_t j = begin; j < end; j += lanes<T>) {
                    task.last = std::min(lanes<T>, made - j);
                    copy_lanes(d, s, strip.top + r, seen_rows(of, rows), seen, j, task.last, own);
                    add_lane_part(d, task, static_cast<T const*>(own),
                                  dys + (r * w.out_width + c) * made + j, dkernel + j);
                }
            };
            auto const inner = cut.inside(strip);
            std::size_t const first = inner.first, last = inner.second;
            if (first == last) {
                part(0, strip.rows, 0, strip.seen.count);
                continue;
            }
            std::size_t r = 0;
            for (std::size_t rows = 0; r < strip.rows; r += rows) {
                InsideRow const row(w, strip.top + r, strip.left + first);
                rows = 1; // that see the same taps
                while (rows * (last - first) < 56 && r + rows < strip.rows &&
                       InsideTaps(w, strip.top + r + rows) == row && row.taps == w.kernel_height)
                    ++rows;
                if (row.end(w, rows, last - first, lanes<T>) > readable) break;
                auto task = task_of(w, across, 1, rows, last - first, row.taps, offsets.at);
                for (std::size_t j = begin; j < end; j += lanes<T>) {
                    task.last = std::min(lanes<T>, made - j);
                    add_lane_part(d, task, seen + row.begin + j,
                                  dys + (r * w.out_width + first) * made + j,
                                  dkernel + row.tap * w.kernel_width * made + j);
                }
            }
            part(0, r, 0, first);
            part(0, r, last, strip.seen.count);
            for (; r < strip.rows; ++r) part(r, 1, 0, strip.seen.count);
        }
    };
    parallel_for(threads, blocks, (blocks + workers - 1) / workers, some);
}

} // namespace lamina::kernels::detail
