// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/kernels/strip_copy.hpp>
#include <lamina/kernels/strip_tile.hpp>
#include <lamina/kernels/strips.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>

/// The gradients of kernel and bias of a convolution with few filters: see strips.hpp.
namespace lamina::kernels::detail {

/// dkernel += the sum over all windows of (what the window sees)' dy; dbias += the sums of dy, or
/// null.
template <class T>
void add_gradients_in_strips(DirectSize const& d, std::size_t batch, T const* x, T const* dy,
                             T* dkernel, T* dbias, T* scratch, std::size_t apart,
                             Threads* threads) {
    constexpr std::size_t of_one = strip_rows<1>(), of_two = strip_rows<strip_batches>(),
                          wide = strip_panel<T>();
    std::size_t const rows = d.filters <= lanes<T> ? of_one : of_two;
    Windows const w = strip_windows(d);
    StripCut const cut(w, 2);
    bool const slides = slides_by_three(w) && d.filters <= lanes<T>; // a channel at a time
    std::size_t const depth = d.depth(), made = d.made(),
                      parts = slides ? d.channels : (depth + rows - 1) / rows,
                      of_group = strip_panels<T>(d.filters) * parts, units = d.groups * of_group,
                      workers = workers_of(threads);
    // every thread adds up some numbers of the kernel over all windows
    auto const some = [&](std::size_t from, std::size_t to, std::size_t worker) {
        T* const own = scratch + worker * apart;
        for (std::size_t i = 0; i < batch * cut.down * cut.across; ++i) {
            StripPlace const strip(w, cut, i);
            StripOffsets const offsets(w, strip.seen.wide, w.channels, 1);
            T const* const gradients = dy + strip.begin(pixels_in_order(w, made));
            if (dbias && from == 0)
                add_column_sums(strip.rows * strip.seen.count, made, gradients, dbias, nullptr);
            for (std::size_t u = from; u < to; ++u) {
                std::size_t const g = u / of_group, j = u % of_group / parts * wide,
                                  k = u % parts * rows, n = std::min(d.filters - j, wide),
                                  column = g * d.filters + j;
                if (u == from || u % of_group == 0)
                    copy_strip(d.windows, strip.seen, strip.top, seen_rows(w, strip.rows),
                               x + strip.image * w.pixels() * d.seen() + g * d.channels, d.channels,
                               own);
                std::size_t const across = strip.seen.wide * w.channels;
                StripTask<T> const s{.rows = strip.rows,
                                     .columns = strip.seen.count,
                                     .down = w.stride_y * across,
                                     .right = w.stride_x * w.channels,
                                     .made_down = w.out_width * made,
                                     .made = made,
                                     .taps = w.kernel_height,
                                     .tap_down = w.dilation_y * across,
                                     .numbers = w.channels,
                                     .depth = depth,
                                     .at = offsets.at,
                                     .kernel = nullptr,
                                     .add = nullptr,
                                     .last = (n - 1) % lanes<T> + 1};
                T const* const seen = own;
                if (slides) {
                    std::size_t const c = u % parts;
                    sliding_gradients<false>(s, seen + c, gradients + column,
                                             dkernel + c * made + column, d.channels * made);
                    continue;
                }
                auto const sum = n <= lanes<T> ? &strip_gradients<false, of_one, 1, T>
                                               : &strip_gradients<false, of_two, strip_batches, T>;
                sum(s, std::min(rows, depth - k), offsets.at + k, seen, gradients + column,
                    dkernel + k * made + column, made);
            }
        }
    };
    parallel_for(few(d, batch) ? nullptr : threads, units, (units + workers - 1) / workers, some);
}

} // namespace lamina::kernels::detail
