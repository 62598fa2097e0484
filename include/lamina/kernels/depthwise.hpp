// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/lanes.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/kernels/window_phases.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>

/// Convolution in many small groups, of one channel each (depthwise) or of a few: each filter stays
/// in its lane. What it sees is brought beneath it first, a strip of the image at a time: of each
/// pixel the first channel of its group, then the second ...; kernel is [taps, channels of a group,
/// filters].
namespace lamina::kernels::detail {

/// Whether that is the better way.
constexpr bool goes_in_lanes(DirectSize const& d) {
    return d.groups > 1 && d.channels <= 16 && d.filters <= 16;
}

/// Rows of y that are made together, and rows of x that they see.
struct LaneStrip {
    std::size_t rows, seen;
    constexpr LaneStrip(Windows const& w, std::size_t numbers) {
        std::size_t const most = 65536 / (w.width * numbers) + 1,
                          reach = w.kernel_height * w.dilation_y;
        rows =
            std::min(most > reach + 4 * w.stride_y ? (most - reach) / w.stride_y : 4, w.out_height);
        seen = std::min(rows * w.stride_y + reach, w.height);
    }
};
constexpr std::size_t strip_size(DirectSize const& d) {
    std::size_t const numbers = d.channels * d.made();
    return whole_lines(LaneStrip(d.windows, numbers).seen * d.windows.width * numbers);
}

/// Numbers of scratch memory for each worker: of the first, behind the strip, the turned kernel and
/// zeros for a bias.
template <class T>
constexpr std::size_t lane_scratch(DirectSize const& d) {
    DirectSize back{turned(d.windows, d.made()), d.groups, d.filters, d.channels};
    back.windows.stride_y = back.windows.stride_x = 1;
    return std::max(strip_size(d), strip_size(back)) + whole_lines(d.depth() * d.made()) +
           whole_lines(std::max(d.made(), d.seen()));
}

/// Each of from's numbers, one of every `step`, N times.
template <std::size_t N, class T>
[[gnu::always_inline]] inline void repeat_each(std::size_t count, std::size_t step, T const* from,
                                               std::size_t times, T* to) {
    if (N == 0) {
        for (std::size_t g = 0; g < count; ++g, to += times) std::fill_n(to, times, from[g * step]);
    } else {
        for (std::size_t g = 0; g < count; ++g, to += N) {
            T const v = from[g * step];
            LAMINA_UNROLL
            for (std::size_t k = 0; k < N; ++k) to[k] = v;
        }
    }
}
/// to[pixels, channels, groups x filters] = of each pixel the channels beneath their filters, for
/// `groups` groups from x on.
template <class T>
[[gnu::noinline]] void bring_beneath(DirectSize const& d, std::size_t groups, std::size_t pixels,
                                     T const* x, T* to) {
    std::size_t const f = d.filters, made = groups * f;
    for (std::size_t p = 0; p < pixels; ++p, x += d.windows.channels)
        for (std::size_t c = 0; c < d.channels; ++c, to += made) {
            if (f == 1) repeat_each<1>(groups, d.channels, x + c, f, to);
            else if (f == 2) repeat_each<2>(groups, d.channels, x + c, f, to);
            else if (f == 4) repeat_each<4>(groups, d.channels, x + c, f, to);
            else if (f == 8) repeat_each<8>(groups, d.channels, x + c, f, to);
            else if (f == 16) repeat_each<16>(groups, d.channels, x + c, f, to);
            else repeat_each<0>(groups, d.channels, x + c, f, to);
        }
}

/// What rows [begin, end) of y see of x, for `groups` groups from x on, brought into `own` if that
/// must be; f(lanes, x).
template <class T, class F>
void with_strip(DirectSize const& d, std::size_t groups, std::size_t begin, std::size_t end,
                T const* x, T* own, F const& f) {
    Windows const& w = d.windows;
    std::size_t const made = groups * d.filters;
    Lanes s{w, d.channels, made, d.made(), d.made(), 0};
    auto const row_of = [&](std::size_t row, std::size_t tap) { // the image's next one
        std::ptrdiff_t const at =
            static_cast<std::ptrdiff_t>(row * w.stride_y + tap * w.dilation_y) - w.top;
        return std::clamp<std::ptrdiff_t>(at, 0, static_cast<std::ptrdiff_t>(w.height));
    };
    auto const first = static_cast<std::size_t>(row_of(begin, 0)),
               last = static_cast<std::size_t>(row_of(end - 1, w.kernel_height));
    s.windows.channels = d.channels * made;
    s.first_row = first;
    if (first < last)
        bring_beneath(d, groups, (last - first) * w.width, x + first * w.width * w.channels, own);
    f(s, static_cast<T const*>(own));
}

/// y = finish(x * kernel + bias), see convolve_directly.
template <class T, class FinishAt>
void convolve_in_lanes(DirectSize const& d, std::size_t batch, T const* x, T const* kernel,
                       T const* bias, T* y, LanePlace const& place, FinishAt const& finish_at,
                       T* scratch, std::size_t apart, Threads* threads) {
    Windows const& w = d.windows;
    std::size_t const rows = LaneStrip(w, d.channels * d.made()).rows,
                      cuts = (w.out_height + rows - 1) / rows;
    WholeColumns const whole(w);
    T* const zeros = scratch + apart - whole_lines(d.made());
    if (!bias) bias = std::fill_n(zeros, d.made(), T{0}) - d.made();
    bool const few = batch * w.out_pixels() * d.depth() * d.made() < 100000;
    parallel_for(few ? nullptr : threads, batch * cuts, 1,
                 [&](std::size_t i, std::size_t, std::size_t worker) {
                     std::size_t const begin = i % cuts * rows,
                                       end = std::min(begin + rows, w.out_height);
                     with_strip(d, d.groups, begin, end, x + i / cuts * w.pixels() * w.channels,
                                scratch + worker * apart, [&](Lanes s, T const* seen) {
                                    s.made = place.pixel;
                                    for (std::size_t r = begin; r < end; ++r) {
                                        std::size_t const at =
                                            i / cuts * place.image + r * place.row;
                                        lane_row(s, whole, r, seen, kernel, bias, y + at);
                                        auto const with = finish_at(at, place.pixel);
                                        Finish<T> const finish = with.finish();
                                        if (finish.apply)
                                            finish.apply(finish.context, y + at, place.pixel, 0, 0,
                                                         w.out_width, d.made());
                                    }
                                });
                 });
}
template <class T, class FinishAt>
void convolve_in_lanes(DirectSize const& d, std::size_t batch, T const* x, T const* kernel,
                       T const* bias, T* y, FinishAt const& finish_at, T* scratch,
                       std::size_t apart, Threads* threads) {
    Windows const& w = d.windows;
    convolve_in_lanes(d, batch, x, kernel, bias, y, pixels_in_order(w, d.made()), finish_at,
                      scratch, apart, threads);
}

/// dkernel += the sum over all windows of (what the window sees)' dy; dbias += the sums of dy, or
/// null.
template <class T>
void add_gradients_in_lanes(DirectSize const& d, std::size_t batch, T const* x, T const* dy,
                            T* dkernel, T* dbias, T* scratch, std::size_t apart, Threads* threads) {
    Windows const& w = d.windows;
    if (dbias) add_column_sums(batch * w.out_pixels(), d.made(), dy, dbias, threads);
    if (batch * w.out_pixels() * d.depth() * d.made() < 100000) threads = nullptr;
    // every thread adds up some filters over all windows
    std::size_t const workers = threads ? threads->count() : 1,
                      rows = LaneStrip(w, d.channels * d.made()).rows,
                      grain = (d.groups + workers - 1) / workers;
    parallel_for(
        threads, d.groups, grain, [&](std::size_t group, std::size_t last, std::size_t worker) {
            std::size_t const f = group * d.filters, count = (last - group) * d.filters;
            for (std::size_t i = 0; i < batch; ++i)
                for (std::size_t begin = 0; begin < w.out_height; begin += rows) {
                    std::size_t const end = std::min(begin + rows, w.out_height);
                    with_strip(d, last - group, begin, end,
                               x + i * w.pixels() * w.channels + group * d.channels,
                               scratch + worker * apart, [&](Lanes const& s, T const* seen) {
                                   for (std::size_t r = begin; r < end; ++r)
                                       add_lane_row(
                                           s, count, r, seen,
                                           dy + (i * w.out_height + r) * w.out_width * d.made() + f,
                                           dkernel + f);
                               });
                }
        });
}

/// dx = finish(the transpose of the convolution of dy + bias). With a stride, pixels of x that were
/// under the same taps are a convolution of their own.
template <class T, class FinishAt>
void convolve_dx_in_lanes(DirectSize const& d, std::size_t batch, T const* dy, T const* kernel,
                          T const* bias, T* dx, FinishAt const& finish_at, T* scratch,
                          std::size_t apart, Threads* threads) {
    T* const to = scratch + apart - whole_lines(d.depth() * d.made()) -
                  whole_lines(std::max(d.made(), d.seen()));
    std::size_t const seen = d.seen();
    each_phase(d.windows, d.made(), [&](WindowPhase const& phase) {
        DirectSize const back{phase.windows, d.groups, d.filters, d.channels};
        for (std::size_t t = 0; t < back.windows.taps(); ++t) {
            T const* const from = kernel + phase.tap(t) * d.channels * d.made();
            for (std::size_t f = 0; f < d.filters; ++f)
                for (std::size_t c = 0; c < seen; ++c)
                    to[(t * d.filters + f) * seen + c] =
                        from[c % d.channels * d.made() + c / d.channels * d.filters + f];
        }
        std::size_t const first = phase.first * seen;
        convolve_in_lanes(
            back, batch, dy, static_cast<T const*>(to), bias, dx + first, phase.place(seen),
            [&](std::size_t at, std::size_t ld) { return finish_at(first + at, ld); }, scratch,
            apart, threads);
    });
}

} // namespace lamina::kernels::detail
