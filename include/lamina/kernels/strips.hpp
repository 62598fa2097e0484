// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/gemm_pack.hpp>
#include <lamina/kernels/strip_copy.hpp>
#include <lamina/kernels/strip_tile.hpp>
#include <lamina/kernels/window_phases.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// Convolution with few filters, and its gradients, strip by strip: see strip_tile.hpp.
namespace lamina::kernels::detail {

/// Batches of filters that are computed together.
inline constexpr std::size_t strip_batches = 2;

/// Whether that is the better way.
constexpr bool goes_in_strips(DirectSize const& d) {
    return (d.groups > 1 || d.windows.taps() > 1) && d.depth() <= strip_depth &&
           d.filters <= (d.channels <= 16 ? 64 : 32) &&
           (d.filters > 3 || d.channels <= 8); // less of a batch costs as much as all of it
}

/// Whether its gradient towards x is.
constexpr bool goes_back_in_strips(DirectSize const& d) {
    std::size_t most = 0; // numbers of a window on dy
    each_phase(d.windows, d.filters, [&](WindowPhase const& phase) {
        most = std::max(most, phase.windows.taps() * d.filters);
    });
    // of few channels most lanes are empty
    std::size_t const strides = d.windows.stride_y * d.windows.stride_x,
                      whole = (d.channels + lanes<float> - 1) / lanes<float> * lanes<float>;
    return (d.groups > 1 || d.windows.taps() > 1) && most <= strip_depth && d.channels <= 32 &&
           (d.windows.pixels() * whole <= 2 * strides * d.windows.out_pixels() * d.channels ||
            (strides == 1 && d.filters <= 8));
}

template <class T>
constexpr std::size_t strip_panel() {
    return strip_batches * lanes<T>;
}
template <class T>
constexpr std::size_t strip_panels(std::size_t filters) {
    return (filters + strip_panel<T>() - 1) / strip_panel<T>();
}
/// Numbers of the packed kernel of one group, and of a bias as wide.
template <class T>
constexpr std::size_t strip_kernel(DirectSize const& d) {
    return strip_panels<T>(d.filters) * (d.depth() + 1) * strip_panel<T>();
}
/// The windows on strips of one group.
constexpr Windows strip_windows(DirectSize const& d) {
    Windows w = d.windows;
    w.channels = d.channels;
    return w;
}

/// Numbers of scratch memory for each worker.
template <class T>
constexpr std::size_t strip_scratch(DirectSize const& d) {
    return StripCut(strip_windows(d), 2).size + d.groups * strip_kernel<T>(d);
}
/// f(phase, its convolution) for each that the gradient towards x is.
template <class F>
constexpr void each_back(DirectSize const& d, F const& f) {
    each_phase(d.windows, d.made(), [&](WindowPhase const& phase) {
        f(phase, DirectSize{phase.windows, d.groups, d.filters, d.channels});
    });
}
template <class T>
constexpr std::size_t strip_scratch_back(DirectSize const& d) {
    std::size_t strip = 0, kernels = 0;
    each_back(d, [&](WindowPhase const&, DirectSize const& back) {
        strip = std::max(strip, StripCut(strip_windows(back), 2).size);
        kernels += d.groups * strip_kernel<T>(back);
    });
    return strip + kernels;
}

/// f(first filter, filters, numbers of a row) for each panel of the kernel.
template <class T, class F>
void each_strip_panel(std::size_t filters, F const& f) {
    for (std::size_t j = 0; j < filters; j += strip_panel<T>()) {
        std::size_t const n = std::min(filters - j, strip_panel<T>());
        f(j, n, (n + lanes<T> - 1) / lanes<T> * lanes<T>);
    }
}

/// to = of each group and panel a row of the bias and the kernel's; behind them. of_tap(t): where
/// tap t begins in the kernel, in whose rows of ld numbers are filters or, if it is turned,
/// channels.
template <class T, class OfTap>
T* pack_strip_kernel(DirectSize const& d, T const* kernel, std::size_t ld, bool turned,
                     OfTap const& of_tap, T const* bias, T* to) {
    for (std::size_t g = 0; g < d.groups; ++g)
        each_strip_panel<T>(d.filters, [&](std::size_t j, std::size_t n, std::size_t width) {
            std::fill_n(to, width, T{0});
            if (bias) std::copy_n(bias + g * d.filters + j, n, to);
            to += width;
            T const* const first = kernel + (turned ? j * ld + g * d.channels : g * d.filters + j);
            for (std::size_t t = 0; t < d.windows.taps(); ++t, to += d.channels * width)
                pack(d.channels, n, T{1}, first + of_tap(t), ld, turned, to, width);
        });
    return to;
}

/// y = the pixels of one strip; packed: see pack_strip_kernel.
template <class T>
[[gnu::noinline]] void make_strip(DirectSize const& d, StripPlace const& strip, T const* x,
                                  T const* packed, T* y, LanePlace const& place, T* own) {
    Windows const w = strip_windows(d);
    StripOffsets const offsets(w, strip.seen.wide, w.channels, 1);
    std::size_t const across = strip.seen.wide * w.channels;
    StripTask<T> s{.rows = strip.rows,
                   .columns = strip.seen.count,
                   .down = w.stride_y * across,
                   .right = w.stride_x * w.channels,
                   .made_down = place.row,
                   .made = place.pixel,
                   .taps = w.kernel_height,
                   .tap_down = w.dilation_y * across,
                   .numbers = w.channels,
                   .depth = d.depth(),
                   .at = offsets.at,
                   .kernel = packed,
                   .add = packed,
                   .last = 0};
    for (std::size_t g = 0; g < d.groups; ++g, y += d.filters) {
        copy_strip(d.windows, strip.seen, strip.top, seen_rows(w, strip.rows),
                   x + strip.image * w.pixels() * d.windows.channels + g * d.channels, d.channels,
                   own);
        each_strip_panel<T>(d.filters, [&](std::size_t j, std::size_t n, std::size_t width) {
            s.add = packed;
            s.kernel = packed + width;
            s.last = (n - 1) % lanes<T> + 1;
            T const* const from = own;
            each_inside(w, s, strip.top, width, from, y + j,
                        [&](StripTask<T> const& rows, T const* seen, T* to) {
                            if (width == lanes<T>) strip_pixels<false>(w, rows, seen, to);
                            else strip_tiles<false, 2>(rows, seen, to);
                        });
            packed += width * (d.depth() + 1);
        });
    }
}

/// Finishes so many pixels of one row, which begins `at` numbers behind y.
template <class T, class FinishAt>
void finish_row(std::size_t at, std::size_t pixels, std::size_t made, T* y, LanePlace const& place,
                FinishAt const& finish_at) {
    auto const with = finish_at(at, place.pixel);
    Finish<T> const finish = with.finish();
    if (finish.apply) finish.apply(finish.context, y + at, place.pixel, 0, 0, pixels, made);
}

/// One strip of y = finish(x * kernel + bias), see convolve_directly; packed: see
/// pack_strip_kernel.
template <class T, class FinishAt>
void convolve_strip(DirectSize const& d, StripCut const& cut, std::size_t i, T const* x,
                    T const* packed, T* y, LanePlace const& place, FinishAt const& finish_at,
                    T* own) {
    StripPlace const strip(d.windows, cut, i);
    std::size_t const at = strip.begin(place);
    make_strip(d, strip, x, packed, y + at, place, own);
    for (std::size_t r = 0; r < strip.rows; ++r)
        finish_row(at + r * place.row, strip.seen.count, d.made(), y, place, finish_at);
}
/// Products too few to wake threads for.
inline constexpr std::size_t few_products = 100000;
constexpr bool few(DirectSize const& d, std::size_t batch) {
    return batch * d.windows.out_pixels() * d.depth() * d.made() < few_products;
}

template <class T, class FinishAt>
void convolve_in_strips(DirectSize const& d, std::size_t batch, T const* x, T const* kernel,
                        T const* bias, T* y, FinishAt const& finish_at, T* scratch,
                        std::size_t apart, Threads* threads) {
    T* const packed = scratch + apart - d.groups * strip_kernel<T>(d);
    std::size_t const tap = d.channels * d.made();
    pack_strip_kernel(
        d, kernel, d.made(), false, [tap](std::size_t t) { return t * tap; }, bias, packed);
    StripCut const cut(strip_windows(d), batch);
    parallel_for(few(d, batch) ? nullptr : threads, batch * cut.down * cut.across, 1,
                 [&](std::size_t i, std::size_t, std::size_t worker) {
                     convolve_strip(d, cut, i, x, static_cast<T const*>(packed), y,
                                    pixels_in_order(d.windows, d.made()), finish_at,
                                    scratch + worker * apart);
                 });
}

/// dx = finish(the transpose of the convolution of dy + bias), kernel is [taps, channels, made].
/// The convolutions that it is go on together, strip by strip.
template <class T, class FinishAt>
void convolve_dx_in_strips(DirectSize const& d, std::size_t batch, T const* dy, T const* kernel,
                           T const* bias, T* dx, FinishAt const& finish_at, T* scratch,
                           std::size_t apart, Threads* threads) {
    std::size_t size = 0, strips = 0;
    each_back(d, [&](WindowPhase const&, DirectSize const& back) {
        StripCut const cut(strip_windows(back), batch);
        size += d.groups * strip_kernel<T>(back);
        strips = std::max(strips, cut.down * cut.across);
    });
    T *const packed = scratch + apart - size, *to = packed;
    each_back(d, [&](WindowPhase const& phase, DirectSize const& back) {
        std::size_t const tap = d.channels * d.made();
        pack_strip_kernel(
            back, kernel, d.made(), true, [&](std::size_t t) { return phase.tap(t) * tap; }, bias,
            to);
        to += d.groups * strip_kernel<T>(back);
    });
    parallel_for(
        few(d, batch) ? nullptr : threads, batch * strips, 1,
        [&](std::size_t i, std::size_t, std::size_t worker) {
            T const* from = packed;
            each_back(d, [&](WindowPhase const& phase, DirectSize const& back) {
                StripCut const cut(strip_windows(back), batch);
                std::size_t const of_image = cut.down * cut.across, n = i % strips,
                                  first = phase.first * d.seen();
                if (n < of_image)
                    convolve_strip(
                        back, cut, i / strips * of_image + n, dy, from, dx + first,
                        phase.place(d.seen()),
                        [&](std::size_t at, std::size_t ld) { return finish_at(first + at, ld); },
                        scratch + worker * apart);
                from += d.groups * strip_kernel<T>(back);
            });
        });
}

} // namespace lamina::kernels::detail
