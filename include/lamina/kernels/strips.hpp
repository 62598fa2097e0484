// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/gemm_pack.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/kernels/strip_tile.hpp>
#include <lamina/kernels/window_phases.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// Convolution with few filters, and its gradients, strip by strip: see strip_tile.hpp.
namespace lamina::kernels::detail {

/// The most numbers of a window, and of a strip.
inline constexpr std::size_t strip_depth = 1024, strip_numbers = 8192;
/// Batches of filters that are computed together.
inline constexpr std::size_t strip_batches = 2;

/// Whether that is the better way.
constexpr bool goes_in_strips(DirectSize const& d) {
    return d.groups == 1 && d.windows.taps() > 1 && d.depth() <= strip_depth &&
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
                      lanes = (d.channels + 15) / 16 * 16;
    return d.groups == 1 && d.windows.taps() > 1 && most <= strip_depth && d.channels <= 32 &&
           d.windows.pixels() * lanes <= 2 * strides * d.windows.out_pixels() * d.channels;
}

/// How a convolution is cut into strips: rows and columns of y.
struct StripCut {
    std::size_t rows, columns, down, across, size; // size: numbers of the largest strip
    constexpr StripCut(Windows const& w, std::size_t batch)
        : rows(0), columns(w.out_width), down(0), across(0), size(0) {
        std::size_t const pixel = w.stride_x * w.channels;
        if (w.out_height == 1)
            columns = std::min(columns, std::max<std::size_t>(strip_numbers / pixel, 48) / 48 * 48);
        std::size_t const row = StripColumns(w, 0, columns).wide * w.channels,
                          high = seen_rows(w, 1), most = strip_numbers / row;
        rows = most > high + 3 * w.stride_y ? (most - high) / w.stride_y + 1 : 4;
        if (batch == 1) rows = std::min(rows, (w.out_height + 1) / 2);
        rows = std::min(rows, w.out_height);
        down = (w.out_height + rows - 1) / rows;
        rows = (w.out_height + down - 1) / down;
        across = (w.out_width + columns - 1) / columns;
        // the last tile of a row may see pixels behind it
        size = whole_lines(seen_rows(w, rows) * row + 16 * pixel);
    }
};

template <class T>
constexpr std::size_t strip_panel() {
    return strip_batches * lanes<T>;
}
template <class T>
constexpr std::size_t strip_panels(std::size_t filters) {
    return (filters + strip_panel<T>() - 1) / strip_panel<T>();
}
/// Numbers of the packed kernel, and of a bias as wide.
template <class T>
constexpr std::size_t strip_kernel(DirectSize const& d) {
    return strip_panels<T>(d.filters) * (d.depth() + 1) * strip_panel<T>();
}

/// Numbers of scratch memory for each worker.
template <class T>
constexpr std::size_t strip_scratch(DirectSize const& d) {
    return StripCut(d.windows, 2).size + strip_kernel<T>(d);
}
template <class T>
constexpr std::size_t strip_scratch_back(DirectSize const& d) {
    std::size_t most = 0;
    each_phase(d.windows, d.filters, [&](WindowPhase const& phase) {
        most = std::max(most, strip_scratch<T>({phase.windows, 1, d.filters, d.channels}));
    });
    return most;
}

/// Where each number of a window lies in a strip, or of each tap the first of w.channels.
struct StripOffsets {
    std::int32_t at[strip_depth];
    StripOffsets(Windows const& w, std::size_t wide, bool all = true) {
        std::int32_t* to = at;
        auto const channels = all ? static_cast<std::int32_t>(w.channels) : 1;
        for (std::size_t y = 0; y < w.kernel_height; ++y)
            for (std::size_t x = 0; x < w.kernel_width; ++x) {
                auto const tap = static_cast<std::int32_t>(
                    (y * w.dilation_y * wide + x * w.dilation_x) * w.channels);
                for (std::int32_t c = 0; c < channels; ++c) *to++ = tap + c;
            }
    }
};

/// f(first filter, filters, numbers of a row) for each panel of the kernel.
template <class T, class F>
void each_strip_panel(std::size_t filters, F const& f) {
    for (std::size_t j = 0; j < filters; j += strip_panel<T>()) {
        std::size_t const n = std::min(filters - j, strip_panel<T>());
        f(j, n, (n + lanes<T> - 1) / lanes<T> * lanes<T>);
    }
}

/// to = of each panel a row of the bias and the kernel's. of_tap(t) is where tap t begins in the
/// kernel, whose rows or, if it is turned, columns are filters.
template <class T, class OfTap>
void pack_strip_kernel(DirectSize const& d, T const* kernel, bool turned, OfTap const& of_tap,
                       T const* bias, T* to) {
    each_strip_panel<T>(d.filters, [&](std::size_t j, std::size_t n, std::size_t width) {
        std::fill_n(to, width, T{0});
        if (bias) std::copy_n(bias + j, n, to);
        to += width;
        for (std::size_t t = 0; t < d.windows.taps(); ++t, to += d.channels * width)
            pack_b(d.channels, n, T{1}, kernel + of_tap(t) + j * (turned ? d.channels : 1),
                   turned ? d.channels : d.filters, turned, to, width);
    });
}

/// One of an image's strips.
struct StripPlace {
    std::size_t image, top, rows, left;
    StripColumns seen;
    StripPlace(Windows const& w, StripCut const& cut, std::size_t i)
        : image(i / (cut.down * cut.across)),
          top(i % (cut.down * cut.across) / cut.across * cut.rows),
          rows(std::min(cut.rows, w.out_height - top)), left(i % cut.across * cut.columns),
          seen(w, left, std::min(cut.columns, w.out_width - left)) {}
};

/// y = the pixels of one strip; packed: see pack_strip_kernel.
template <class T>
[[gnu::noinline]] void make_strip(DirectSize const& d, StripPlace const& strip, T const* x,
                                  T const* packed, T* y, std::size_t row, std::size_t pixel,
                                  T* own) {
    Windows const& w = d.windows;
    StripOffsets const offsets(w, strip.seen.wide);
    copy_strip(w, strip.seen, strip.top, seen_rows(w, strip.rows),
               x + strip.image * w.pixels() * w.channels, own);
    each_strip_panel<T>(d.filters, [&](std::size_t j, std::size_t n, std::size_t width) {
        std::size_t const across = strip.seen.wide * w.channels, last = (n - 1) % lanes<T> + 1;
        for (std::size_t r = 0; r < strip.rows; ++r) {
            T const* const from = own + r * w.stride_y * across;
            T* const to = y + r * row + j;
            if (width == lanes<T>)
                strip_row<false>(w, strip.seen.count, across, offsets.at, from, packed, last, to,
                                 pixel);
            else
                strip_tiles<false, 2>(strip.seen.count, d.depth(), offsets.at,
                                      w.stride_x * w.channels, from, packed + width, packed, last,
                                      to, pixel);
        }
        packed += width * (d.depth() + 1);
    });
}

/// Finishes the pixels of a strip, which begins `at` numbers behind y.
template <class T, class FinishAt>
void finish_strip(StripPlace const& strip, std::size_t at, std::size_t made, T* y,
                  LanePlace const& place, FinishAt const& finish_at) {
    for (std::size_t r = 0; r < strip.rows; ++r, at += place.row) {
        auto const with = finish_at(at, place.pixel);
        Finish<T> const finish = with.finish();
        if (!finish.apply) return;
        finish.apply(finish.context, y + at, place.pixel, 0, 0, strip.seen.count, made);
    }
}

/// y = finish(x * kernel + bias), see convolve_directly; packed: see pack_strip_kernel.
template <class T, class FinishAt>
void convolve_strips(DirectSize const& d, std::size_t batch, T const* x, T const* packed, T* y,
                     LanePlace const& place, FinishAt const& finish_at, T* scratch,
                     std::size_t apart, Threads* threads) {
    StripCut const cut(d.windows, batch);
    bool const few = batch * d.windows.out_pixels() * d.depth() * d.filters < 100000;
    parallel_for(few ? nullptr : threads, batch * cut.down * cut.across, 1,
                 [&](std::size_t i, std::size_t, std::size_t worker) {
                     StripPlace const strip(d.windows, cut, i);
                     std::size_t const at = strip.image * place.image + strip.top * place.row +
                                            strip.left * place.pixel;
                     make_strip(d, strip, x, packed, y + at, place.row, place.pixel,
                                scratch + worker * apart);
                     finish_strip(strip, at, d.filters, y, place, finish_at);
                 });
}
template <class T, class FinishAt>
void convolve_in_strips(DirectSize const& d, std::size_t batch, T const* x, T const* kernel,
                        T const* bias, T* y, FinishAt const& finish_at, T* scratch,
                        std::size_t apart, Threads* threads) {
    T* const packed = scratch + apart - strip_kernel<T>(d);
    std::size_t const tap = d.channels * d.filters;
    pack_strip_kernel(
        d, kernel, false, [tap](std::size_t t) { return t * tap; }, bias, packed);
    convolve_strips(d, batch, x, packed, y, pixels_in_order(d.windows, d.filters), finish_at,
                    scratch, apart, threads);
}

/// dkernel += the sum over all windows of (what the window sees)' dy; dbias += the sums of dy, or
/// null.
template <class T>
void add_gradients_in_strips(DirectSize const& d, std::size_t batch, T const* x, T const* dy,
                             T* dkernel, T* dbias, T* scratch, std::size_t apart,
                             Threads* threads) {
    constexpr std::size_t rows = strip_rows<strip_batches>(), wide = strip_panel<T>();
    Windows const& w = d.windows;
    StripCut const cut(w, 2);
    std::size_t const depth = d.depth(), filters = d.filters, groups = (depth + rows - 1) / rows,
                      units = strip_panels<T>(filters) * groups,
                      workers = threads ? threads->count() : 1;
    if (batch * w.out_pixels() * depth * filters < 100000) threads = nullptr;
    // every thread adds up some numbers of the kernel over all windows
    auto const some = [&](std::size_t from, std::size_t to, std::size_t worker) {
        T* const own = scratch + worker * apart;
        for (std::size_t i = 0; i < batch * cut.down * cut.across; ++i) {
            StripPlace const strip(w, cut, i);
            StripOffsets const offsets(w, strip.seen.wide);
            copy_strip(w, strip.seen, strip.top, seen_rows(w, strip.rows),
                       x + strip.image * w.pixels() * w.channels, own);
            T const* const gradients =
                dy +
                (strip.image * w.out_pixels() + strip.top * w.out_width + strip.left) * filters;
            if (dbias && from == 0)
                add_column_sums(strip.rows * strip.seen.count, filters, gradients, dbias, nullptr);
            for (std::size_t u = from; u < to; ++u) {
                std::size_t const j = u / groups * wide, k = u % groups * rows,
                                  n = std::min(filters - j, wide);
                auto const sum = n <= lanes<T> ? &strip_gradients<false, rows, 1, T>
                                               : &strip_gradients<false, rows, strip_batches, T>;
                sum(strip.rows, strip.seen.count, w.stride_x * w.channels,
                    w.stride_y * strip.seen.wide * w.channels, std::min(rows, depth - k),
                    offsets.at + k, own, gradients + j, filters, (n - 1) % lanes<T> + 1,
                    dkernel + k * filters + j, filters);
            }
        }
    };
    parallel_for(threads, units, (units + workers - 1) / workers, some);
}

/// dx = finish(the transpose of the convolution of dy + bias), kernel is [taps, channels, filters].
template <class T, class FinishAt>
void convolve_dx_in_strips(DirectSize const& d, std::size_t batch, T const* dy, T const* kernel,
                           T const* bias, T* dx, FinishAt const& finish_at, T* scratch,
                           std::size_t apart, Threads* threads) {
    each_phase(d.windows, d.filters, [&](WindowPhase const& phase) {
        DirectSize const back{phase.windows, 1, d.filters, d.channels};
        T* const packed = scratch + apart - strip_kernel<T>(back);
        std::size_t const tap = d.channels * d.filters, first = phase.first * d.channels;
        pack_strip_kernel(
            back, kernel, true, [&](std::size_t t) { return phase.tap(t) * tap; }, bias, packed);
        convolve_strips(
            back, batch, dy, static_cast<T const*>(packed), dx + first, phase.place(d.channels),
            [&](std::size_t at, std::size_t ld) { return finish_at(first + at, ld); }, scratch,
            apart, threads);
    });
}

} // namespace lamina::kernels::detail
