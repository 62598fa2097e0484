// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/gemm_pack.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/kernels/strip_tile.hpp>
#include <lamina/kernels/strips.hpp>
#include <lamina/kernels/window_phases.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>

/// Depthwise convolution, one filter for each channel, strip by strip: a batch of channels at a
/// time is copied, so that its strip stays near and its pixels lie side by side.
namespace lamina::kernels::detail {

/// Whether it is such a one.
constexpr bool goes_depthwise(DirectSize const& d) {
    return d.groups > 1 && d.channels == 1 && d.filters == 1 && d.windows.taps() <= strip_depth;
}

/// The windows on a strip of one batch of channels.
template <class T>
constexpr Windows lane_windows(Windows w) {
    w.channels = lanes<T>;
    return w;
}
/// Numbers of a strip, and of a batch of channels' bias and kernel, which lie before it.
template <class T>
constexpr std::size_t lane_kernel(Windows const& w) {
    return (w.taps() + 1) * lanes<T>;
}
/// Numbers of scratch memory for each worker; at the end of the first lies a turned kernel.
template <class T>
constexpr std::size_t depthwise_scratch(Windows const& w) {
    std::size_t most = lane_kernel<T>(w) + StripCut(lane_windows<T>(w), 2).size;
    each_phase(w, lanes<T>, [&](WindowPhase const& phase) {
        most = std::max(most, lane_kernel<T>(phase.windows) + StripCut(phase.windows, 2).size);
    });
    return whole_lines(most) + whole_lines(w.taps() * w.channels);
}

/// y = the pixels of one strip, w.channels of each; bias may be null.
template <class T>
[[gnu::noinline]] void make_lane_strip(Windows const& w, StripPlace const& strip, T const* image,
                                       T const* kernel, T const* bias, T* y, std::size_t row,
                                       std::size_t pixel, T* own) {
    Windows const of = lane_windows<T>(w);
    StripOffsets const offsets(of, strip.seen.wide, false);
    T* const numbers = own + lane_kernel<T>(w);
    for (std::size_t j = 0; j < w.channels; j += lanes<T>) {
        std::size_t const n = std::min(lanes<T>, w.channels - j);
        std::fill_n(own, lanes<T>, T{0});
        if (bias) std::copy_n(bias + j, n, own);
        pack_b(w.taps(), n, T{1}, kernel + j, w.channels, false, own + lanes<T>, lanes<T>);
        copy_lanes(w, strip.seen, strip.top, seen_rows(w, strip.rows), image + j, n, numbers);
        std::size_t const across = strip.seen.wide * lanes<T>;
        for (std::size_t r = 0; r < strip.rows; ++r)
            strip_row<true>(w, strip.seen.count, across, offsets.at,
                            static_cast<T const*>(numbers + r * w.stride_y * across),
                            static_cast<T const*>(own), n, y + r * row + j, pixel);
    }
}

/// y = finish(x * kernel + bias), see convolve_directly.
template <class T, class FinishAt>
void convolve_depthwise(Windows const& w, std::size_t batch, T const* x, T const* kernel,
                        T const* bias, T* y, LanePlace const& place, FinishAt const& finish_at,
                        T* scratch, std::size_t apart, Threads* threads) {
    StripCut const cut(lane_windows<T>(w), batch);
    bool const few = batch * w.out_pixels() * w.taps() * w.channels < 100000;
    parallel_for(few ? nullptr : threads, batch * cut.down * cut.across, 1,
                 [&](std::size_t i, std::size_t, std::size_t worker) {
                     StripPlace const strip(w, cut, i);
                     std::size_t const at = strip.image * place.image + strip.top * place.row +
                                            strip.left * place.pixel;
                     make_lane_strip(w, strip, x + strip.image * w.pixels() * w.channels, kernel,
                                     bias, y + at, place.row, place.pixel,
                                     scratch + worker * apart);
                     finish_strip(strip, at, w.channels, y, place, finish_at);
                 });
}

/// dkernel += the sum over all windows of what they see times dy; dbias += the sums of dy, or null.
template <class T>
void add_depthwise_gradients(Windows const& w, std::size_t batch, T const* x, T const* dy,
                             T* dkernel, T* dbias, T* scratch, std::size_t apart,
                             Threads* threads) {
    constexpr std::size_t rows = strip_rows<1>();
    if (dbias) add_column_sums(batch * w.out_pixels(), w.channels, dy, dbias, threads);
    StripCut const cut(lane_windows<T>(w), 2);
    std::size_t const blocks = (w.channels + lanes<T> - 1) / lanes<T>, filters = w.channels,
                      workers = threads ? threads->count() : 1;
    if (batch * w.out_pixels() * w.taps() * w.channels < 100000) threads = nullptr;
    // every thread adds up some batches of channels over all windows
    auto const some = [&](std::size_t from, std::size_t to, std::size_t worker) {
        T* const own = scratch + worker * apart;
        for (std::size_t i = 0; i < batch * cut.down * cut.across; ++i) {
            StripPlace const strip(w, cut, i);
            StripOffsets const offsets(lane_windows<T>(w), strip.seen.wide, false);
            std::size_t const pixel =
                strip.image * w.out_pixels() + strip.top * w.out_width + strip.left;
            for (std::size_t j = from * lanes<T>; j < std::min(to * lanes<T>, filters);
                 j += lanes<T>) {
                std::size_t const n = std::min(lanes<T>, filters - j);
                copy_lanes(w, strip.seen, strip.top, seen_rows(w, strip.rows),
                           x + strip.image * w.pixels() * filters + j, n, own);
                for (std::size_t t = 0; t < w.taps(); t += rows)
                    strip_gradients<true, rows, 1>(
                        strip.rows, strip.seen.count, w.stride_x * lanes<T>,
                        w.stride_y * strip.seen.wide * lanes<T>, std::min(rows, w.taps() - t),
                        offsets.at + t, static_cast<T const*>(own), dy + pixel * filters + j,
                        filters, n, dkernel + t * filters + j, filters);
            }
        }
    };
    parallel_for(threads, blocks, (blocks + workers - 1) / workers, some);
}

/// dx = finish(the transpose of the convolution of dy + bias).
template <class T, class FinishAt>
void convolve_depthwise_dx(Windows const& w, std::size_t batch, T const* dy, T const* kernel,
                           T const* bias, T* dx, FinishAt const& finish_at, T* scratch,
                           std::size_t apart, Threads* threads) {
    std::size_t const seen = w.channels;
    T* const turned = scratch + apart - whole_lines(w.taps() * seen);
    each_phase(w, seen, [&](WindowPhase const& phase) {
        for (std::size_t t = 0; t < phase.windows.taps(); ++t)
            std::copy_n(kernel + phase.tap(t) * seen, seen, turned + t * seen);
        std::size_t const first = phase.first * seen;
        convolve_depthwise(
            phase.windows, batch, dy, static_cast<T const*>(turned), bias, dx + first,
            phase.place(seen),
            [&](std::size_t at, std::size_t ld) { return finish_at(first + at, ld); }, scratch,
            apart, threads);
    });
}

} // namespace lamina::kernels::detail
