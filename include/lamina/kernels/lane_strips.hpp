// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/gemm_pack.hpp>
#include <lamina/kernels/lane_columns.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/kernels/strip_tile.hpp>
#include <lamina/kernels/strips.hpp>
#include <lamina/kernels/window_phases.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

/// Convolution in many small groups, of one channel each (depthwise) or of a few: each filter stays
/// in a lane of its own. Channels of a depthwise one lie beneath their filters in the image itself;
/// else, and at the image's edges, they are copied there, a strip at a time.
namespace lamina::kernels::detail {

/// Whether that is the better way. Fewer filters than lanes, because they share a batch with those
/// of other groups; but spreading their channels beneath them costs more than some empty lanes
/// where it is not one shuffle.
constexpr bool goes_in_lanes(DirectSize const& d) {
    constexpr std::size_t most = lanes<float>, // with 16 lanes it is worth it up to the last
        spread = most < 16 ? most / 2 : most;
    bool const shuffled = d.channels == d.filters && std::has_single_bit(d.filters);
    return d.groups > 1 && d.channels <= 16 && d.filters < 16 &&
           (d.filters < (shuffled ? most : spread + 1) || 2 * d.channels < most) &&
           d.windows.taps() * std::max(d.channels, d.filters) <= strip_depth;
}

/// Numbers of the packed kernel: of each batch of filters a bias and the kernel.
template <class T>
constexpr std::size_t lane_kernel(DirectSize const& d) {
    return (d.made() + lanes<T> - 1) / lanes<T> * lanes<T> * (d.depth() + 1);
}
/// Numbers of scratch memory for each worker; at the end of the first lie packed kernels.
template <class T>
constexpr std::size_t lane_scratch(DirectSize const& d) {
    std::size_t most = LaneCut<T>(d, 2).size, packed = lane_kernel<T>(d), back = 0;
    each_back(d, [&](WindowPhase const&, DirectSize const& of) {
        most = std::max(most, LaneCut<T>(of, 2).size);
        back += lane_kernel<T>(of);
    });
    return whole_lines(most) + whole_lines(std::max(packed, back));
}

/// Some rows and columns of y.
struct LanePart {
    std::size_t top, rows, left, columns;
    bool upright; // tiles stand in columns
};

/// The pixels of one part of y, whose first is at y, for all filters: from a copy for each batch.
template <class T>
[[gnu::noinline]] void make_lane_part(DirectSize const& d, LanePart const& part, T const* image,
                                      T const* packed, T* y, LanePlace const& place, T* own) {
    Windows const of = lane_windows<T>(d);
    StripColumns const seen(of, part.left, part.columns);
    StripOffsets const offsets(of, seen.wide, d.channels, lanes<T>);
    std::size_t const across = seen.wide * of.channels;
    StripTask<T> s{.rows = part.rows,
                   .columns = part.columns,
                   .down = of.stride_y * across,
                   .right = of.stride_x * of.channels,
                   .made_down = place.row,
                   .made = place.pixel,
                   .taps = of.kernel_height,
                   .tap_down = of.dilation_y * across,
                   .numbers = d.channels,
                   .depth = d.depth(),
                   .at = offsets.at,
                   .kernel = packed + lanes<T>,
                   .add = packed,
                   .last = lanes<T>};
    if (part.upright) {
        std::swap(s.rows, s.columns);
        std::swap(s.down, s.right);
        std::swap(s.made_down, s.made);
    }
    std::size_t const of_batch = lanes<T> * (d.depth() + 1);
    for (std::size_t j = 0; j < d.made(); j += lanes<T>, s.kernel += of_batch, s.add += of_batch) {
        s.last = std::min(lanes<T>, d.made() - j);
        copy_lanes(d, seen, part.top, seen_rows(of, part.rows), image, j, s.last, own);
        T const* const from = own;
        if (part.upright) strip_tiles<true, 1>(s, from, y + j);
        else if (of.kernel_height <= 3) strip_pixels<true>(of, s, from, y + j); // zeros cost less
        else
            each_inside(of, s, part.top, lanes<T>, from, y + j,
                        [&](StripTask<T> const& rows, T const* at, T* to) {
                            strip_pixels<true>(of, rows, at, to);
                        });
    }
}

/// y = the pixels of one strip, before done(r) finishes row r; `readable` numbers may be read from
/// the image's begin on.
template <class T, class Done>
[[gnu::noinline]] void make_lane_strip(DirectSize const& d, LaneCut<T> const& cut,
                                       StripPlace const& strip, T const* image,
                                       std::size_t readable, T const* packed, T* y,
                                       LanePlace const& place, T* own, Done const& done) {
    Windows const& w = d.windows;
    std::size_t const columns = strip.seen.count;
    auto const inner = cut.inside(strip);
    std::size_t const first = inner.first, last = inner.second;
    auto const part = [&](std::size_t r, std::size_t rows, std::size_t c, std::size_t end) {
        if (c < end && rows > 0)
            make_lane_part(
                d, {strip.top + r, rows, strip.left + c, end - c, first < last && end - c < rows},
                image, packed, y + r * place.row + c * place.pixel, place, own);
    };
    if (first == last) part(0, strip.rows, 0, columns);
    std::size_t const across = w.width * w.channels, new_rows = w.stride_y * across,
                      made = d.made(), of_batch = lanes<T> * (d.depth() + 1);
    StripOffsets const offsets(w, w.width, 1, 0);
    std::size_t inside = 0; // rows that are read where they lie
    for (; first < last && inside < strip.rows;
         ++inside) { // whose tiles may read behind their last pixel
        InsideRow const row(w, strip.top + inside, strip.left + first);
        if (row.end(w, 1, last - first + 15, lanes<T>) > readable) break;
    }
    part(0, inside, 0, first);
    part(0, inside, last, columns);
    for (std::size_t r = 0; r < strip.rows; done(r++)) {
        if (first == last) continue;
        if (r >= inside) {
            part(r, 1, 0, columns);
            continue;
        }
        InsideRow const row(w, strip.top + r, strip.left + first);
        // what the next row sees is fetched meanwhile
        std::size_t const ahead = std::min(row.begin + row.taps * w.dilation_y * across, readable);
        std::size_t left = std::min(new_rows, readable - ahead);
        T const* next = image + ahead;
        StripTask<T> s{.rows = 1,
                       .columns = last - first,
                       .down = 0,
                       .right = w.stride_x * w.channels,
                       .made_down = 0,
                       .made = place.pixel,
                       .taps = row.taps,
                       .tap_down = w.dilation_y * across,
                       .numbers = 1,
                       .depth = row.taps * w.kernel_width,
                       .at = offsets.at,
                       .kernel = packed + (row.tap * w.kernel_width + 1) * lanes<T>,
                       .add = packed,
                       .last = lanes<T>};
        for (std::size_t j = 0; j < made; j += lanes<T>, s.kernel += of_batch, s.add += of_batch) {
            next = fetch(next, std::min(left, w.stride_y * w.width * lanes<T>));
            left -= std::min(left, w.stride_y * w.width * lanes<T>);
            s.last = std::min(lanes<T>, made - j);
            strip_pixels<true>(w, s, image + row.begin + j,
                               y + r * place.row + first * place.pixel + j);
        }
    }
}

/// to = of each batch of filters a row of the bias and the kernel's; behind them.
/// row(t, c, j, n, to): what tap t and channel c have for the filters [j, j + n).
template <class T, class Row>
T* pack_lane_kernel(DirectSize const& d, Row const& row, T const* bias, T* to) {
    for (std::size_t j = 0; j < d.made(); j += lanes<T>) {
        std::size_t const n = std::min(lanes<T>, d.made() - j);
        T* const all = std::fill_n(to, lanes<T>, T{0});
        if (bias) std::copy_n(bias + j, n, to);
        to = all;
        for (std::size_t t = 0; t < d.windows.taps(); ++t)
            for (std::size_t c = 0; c < d.channels; ++c, to += lanes<T>) {
                if (n < lanes<T>) std::fill(to + n, to + lanes<T>, T{0});
                row(t, c, j, n, to);
            }
    }
    return to;
}

/// One strip, see convolve_strip.
template <class T, class FinishAt>
void convolve_lane_strip(DirectSize const& d, std::size_t batch, LaneCut<T> const& cut,
                         std::size_t i, T const* x, T const* packed, T* y, LanePlace const& place,
                         FinishAt const& finish_at, T* own) {
    Windows const& w = d.windows;
    StripPlace const strip(w, cut, i);
    std::size_t const image = w.pixels() * w.channels, at = strip.begin(place);
    make_lane_strip(d, cut, strip, x + strip.image * image, (batch - strip.image) * image, packed,
                    y + at, place, own, [&](std::size_t r) {
                        finish_row(at + r * place.row, strip.seen.count, d.made(), y, place,
                                   finish_at);
                    });
}

/// y = finish(x * kernel + bias), see convolve_directly.
template <class T, class FinishAt>
void convolve_in_lanes(DirectSize const& d, std::size_t batch, T const* x, T const* kernel,
                       T const* bias, T* y, FinishAt const& finish_at, T* scratch,
                       std::size_t apart, Threads* threads) {
    T* const packed = scratch + apart - whole_lines(lane_kernel<T>(d));
    pack_lane_kernel(
        d,
        [&](std::size_t t, std::size_t c, std::size_t j, std::size_t n, T* row) {
            copy_run<false>(n, kernel + (t * d.channels + c) * d.made() + j, row);
        },
        bias, packed);
    LaneCut<T> const cut(d, batch);
    parallel_for(few(d, batch) ? nullptr : threads, batch * cut.down * cut.across, 1,
                 [&](std::size_t i, std::size_t, std::size_t worker) {
                     convolve_lane_strip(d, batch, cut, i, x, static_cast<T const*>(packed), y,
                                         pixels_in_order(d.windows, d.made()), finish_at,
                                         scratch + worker * apart);
                 });
}

/// dx = finish(the transpose of the convolution of dy + bias). With a stride, pixels of x that were
/// under the same taps are a convolution of their own; these go on together, strip by strip.
template <class T, class FinishAt>
void convolve_dx_in_lanes(DirectSize const& d, std::size_t batch, T const* dy, T const* kernel,
                          T const* bias, T* dx, FinishAt const& finish_at, T* scratch,
                          std::size_t apart, Threads* threads) {
    std::size_t const seen = d.seen();
    std::size_t size = 0, strips = 0;
    each_back(d, [&](WindowPhase const&, DirectSize const& back) {
        LaneCut<T> const cut(back, batch);
        size += lane_kernel<T>(back);
        strips = std::max(strips, cut.down * cut.across);
    });
    T *const packed = scratch + apart - whole_lines(size), *to = packed;
    each_back(d, [&](WindowPhase const& phase, DirectSize const& back) {
        to = pack_lane_kernel(
            back,
            [&](std::size_t t, std::size_t f, std::size_t j, std::size_t n, T* row) {
                T const* const at = kernel + phase.tap(t) * d.channels * d.made() + f;
                if (d.channels == 1 && d.filters == 1) return copy_run<false>(n, at + j, row);
                for (std::size_t i = 0, c = j; i < n; ++i, ++c)
                    row[i] = at[c % d.channels * d.made() + c / d.channels * d.filters];
            },
            bias, to);
    });
    parallel_for(
        few(d, batch) ? nullptr : threads, batch * strips, 1,
        [&](std::size_t i, std::size_t, std::size_t worker) {
            T const* from = packed;
            each_back(d, [&](WindowPhase const& phase, DirectSize const& back) {
                LaneCut<T> const cut(back, batch);
                std::size_t const of_image = cut.down * cut.across, first = phase.first * seen;
                if (i % strips < of_image)
                    convolve_lane_strip(
                        back, batch, cut, i / strips * of_image + i % strips, dy, from, dx + first,
                        phase.place(seen),
                        [&](std::size_t at, std::size_t ld) { return finish_at(first + at, ld); },
                        scratch + worker * apart);
                from += lane_kernel<T>(back);
            });
        });
}

} // namespace lamina::kernels::detail
