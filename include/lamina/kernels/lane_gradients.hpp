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

/// dkernel += the sum over the windows of one part of y of what they see times dy, whose first
/// number is the part's first; x, dy and dkernel of one batch of filters.
template <class T>
void add_lane_part(DirectSize const& d, std::size_t rows, std::size_t columns, std::size_t numbers,
                   std::size_t step, std::size_t down, std::int32_t const* at, T const* x,
                   T const* dy, std::size_t n, T* dkernel) {
    constexpr std::size_t most = strip_rows<1>();
    for (std::size_t k = 0; k < numbers; k += most)
        strip_gradients<true, most, 1>(rows, columns, step, down, std::min(most, numbers - k),
                                       at + k, x, dy, d.made(), d.windows.out_width * d.made(), n,
                                       dkernel + k * d.made(), d.made());
}

/// dkernel += the sum over all windows of what they see times dy; dbias += the sums of dy, or null.
template <class T>
void add_gradients_in_lanes(DirectSize const& d, std::size_t batch, T const* x, T const* dy,
                            T* dkernel, T* dbias, T* scratch, std::size_t apart, Threads* threads) {
    Windows const& w = d.windows;
    Windows const of = lane_windows<T>(d);
    if (dbias) add_column_sums(batch * w.out_pixels(), d.made(), dy, dbias, threads);
    LaneCut<T> const cut(d, 2);
    std::size_t const blocks = (d.made() + lanes<T> - 1) / lanes<T>,
                      workers = threads ? threads->count() : 1, image = w.pixels() * w.channels,
                      across = w.width * w.channels, strips = batch * cut.down * cut.across;
    if (few(d, batch)) threads = nullptr;
    // every thread adds up some batches of filters over all windows
    auto const some = [&](std::size_t from, std::size_t to, std::size_t worker) {
        T* const own = scratch + worker * apart;
        std::size_t const begin = from * lanes<T>, end = std::min(to * lanes<T>, d.made());
        StripOffsets const offsets(w, w.width, 1, 0);
        for (std::size_t i = 0; i < strips; ++i) {
            StripPlace const strip(w, cut, i);
            T const* const seen = x + strip.image * image;
            std::size_t const readable = (batch - strip.image) * image;
            T const* const dys =
                dy +
                (strip.image * w.out_pixels() + strip.top * w.out_width + strip.left) * d.made();
            auto const part = [&](std::size_t r, std::size_t rows, std::size_t c,
                                  std::size_t stop) {
                if (c >= stop || rows == 0) return;
                StripColumns const s(of, strip.left + c, stop - c);
                StripOffsets const inside(of, s.wide, d.channels, lanes<T>);
                for (std::size_t j = begin; j < end; j += lanes<T>) {
                    std::size_t const n = std::min(lanes<T>, d.made() - j);
                    copy_lanes(d, s, strip.top + r, seen_rows(of, rows), seen, j, n, own);
                    add_lane_part(d, rows, stop - c, d.depth(), of.stride_x * of.channels,
                                  of.stride_y * s.wide * of.channels, inside.at,
                                  static_cast<T const*>(own),
                                  dys + (r * w.out_width + c) * d.made() + j, n, dkernel + j);
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
                for (std::size_t j = begin; j < end; j += lanes<T>)
                    add_lane_part(d, rows, last - first, row.taps * w.kernel_width,
                                  w.stride_x * w.channels, w.stride_y * across, offsets.at,
                                  seen + row.begin + j,
                                  dys + (r * w.out_width + first) * d.made() + j,
                                  std::min(lanes<T>, d.made() - j),
                                  dkernel + row.tap * w.kernel_width * d.made() + j);
            }
            part(0, r, 0, first);
            part(0, r, last, strip.seen.count);
            for (; r < strip.rows; ++r) part(r, 1, 0, strip.seen.count);
        }
    };
    parallel_for(threads, blocks, (blocks + workers - 1) / workers, some);
}

} // namespace lamina::kernels::detail
