// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/core/pass.hpp>
#include <lamina/kernels/convolution_ways.hpp>
#include <lamina/kernels/depthwise.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/direct_gradients.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/kernels/windows.hpp>
#include <lamina/kernels/winograd.hpp>
#include <lamina/kernels/winograd_gradients.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

/// Convolution of images with their channels last, forward and backward. Windows of 3 x 3 pixels go
/// by Winograd's products; of others, where there are channels enough, tiles read what the windows
/// see from the image itself. Else it is written out as rows of a matrix, as many at a time as the
/// cache holds, and multiplied: a matrix product whose left side exists a piece at a time.
namespace lamina::kernels {

namespace detail {

/// f(first tap, taps) for the segments of the sum.
template <class F>
void each_segment(Convolution const& c, std::size_t taps, F const& f) {
    for (std::size_t t = 0; t < c.windows.taps(); t += taps)
        f(t, std::min(taps, c.windows.taps() - t));
}

template <class T>
WindowPart part_of(Convolution const& c, std::size_t group, std::size_t tap, std::size_t taps) {
    return {tap, taps, group * c.group_channels(), c.group_channels()};
}

/// y rows [begin, end).
template <class T>
[[gnu::noinline]] void convolve_rows(Convolution const& c, std::size_t begin, std::size_t end,
                                     T const* x, T const* kernel, T const* bias, T* y,
                                     Finish<T> const& finish, T* scratch, Threads* threads) {
    T* const rows = scratch + gemm_scratch<T>() * (threads ? threads->count() : 1);
    std::size_t const channels = c.group_channels(), filters = c.group_filters();
    for (std::size_t group = 0; group < c.groups; ++group)
        each_segment(c, c.segment(), [&](std::size_t tap, std::size_t taps) {
            std::size_t const at = group * filters, k = taps * channels;
            bool const last = tap + taps == c.windows.taps();
            gather_windows(c.windows, part_of<T>(c, group, tap, taps), begin, end - begin, x, rows);
            gemm<T>({.m = end - begin,
                     .n = filters,
                     .k = k,
                     .a = rows,
                     .lda = k,
                     .b = kernel + tap * channels * c.filters + at,
                     .ldb = c.filters,
                     .beta = tap ? T{1} : T{0},
                     .c = y + begin * c.filters + at,
                     .ldc = c.filters,
                     .bias = tap || !bias ? nullptr : bias + at,
                     .finish = last ? finish : Finish<T>{}},
                    scratch, threads);
        });
}

} // namespace detail

/// y[batch, out pixels, filters] = e.value(convolution of x + bias); bias may be null.
template <class Epilogue = NoEpilogue, class T>
void convolve(Convolution const& c, std::size_t batch, T const* x, T const* kernel, T const* bias,
              T* y, Epilogue const& e, T* scratch, Threads* threads) {
    auto const finish = detail::finish_value<T>(e);
    std::size_t const rows = batch * c.windows.out_pixels(), grain = c.rows_at_once();
    if (c.plain())
        return gemm<T>({.m = rows,
                        .n = c.filters,
                        .k = c.windows.channels,
                        .a = x,
                        .lda = c.windows.channels,
                        .b = kernel,
                        .ldb = c.filters,
                        .c = y,
                        .ldc = c.filters,
                        .bias = bias,
                        .finish = finish},
                       scratch, threads);
    detail::DirectSize const d = c.direct_size();
    auto const finish_at = [&](std::size_t, std::size_t) { return detail::SameFinish<T>{finish}; };
    if (c.in_lanes())
        return detail::convolve_in_lanes(d, batch, x, kernel, bias, y, finish_at, scratch,
                                         c.template scratch<T>(), threads);
    if (c.winograd() && detail::winograd_pays(d, batch)) {
        auto const transform = [&](std::size_t first, std::size_t end, T* to, Threads* all) {
            detail::transform_kernels(d, kernel, first, end, to, all);
        };
        return detail::convolve_by_winograd(d, batch, x, transform, bias, y, finish_at, scratch,
                                            c.template scratch<T>(), threads);
    }
    if (c.direct() && rows >= 100) { // few windows see the kernel from afar
        detail::KernelPanels<T> panels{kernel, c.filters, detail::panel_width<T>(), d.filters};
        return detail::convolve_directly(d, batch, x, panels, bias, y, finish_at, scratch,
                                         c.template scratch<T>(), threads);
    }
    if (rows <= grain)
        return detail::convolve_rows(c, 0, rows, x, kernel, bias, y, finish, scratch, threads);
    parallel_for(threads, rows, grain, [&](std::size_t begin, std::size_t end, std::size_t worker) {
        detail::convolve_rows(c, begin, end, x, kernel, bias, y, finish,
                              scratch + worker * c.template scratch<T>(), nullptr);
    });
}

/// dkernel += the sum over all windows of (what the window sees)' dy, dbias += column sums of dy;
/// dbias may be null.
template <class T>
void convolve_gradients(Convolution const& c, std::size_t batch, T const* x, T const* dy,
                        T* dkernel, T* dbias, T* scratch, Threads* threads) {
    std::size_t const rows = batch * c.windows.out_pixels();
    if (c.in_lanes())
        return detail::add_gradients_in_lanes(c.direct_size(), batch, x, dy, dkernel, dbias,
                                              scratch, c.template scratch<T>(), threads);
    if (c.winograd() && detail::winograd_pays(c.direct_size(), batch))
        return detail::add_gradients_by_winograd(c.direct_size(), batch, x, dy, dkernel, dbias,
                                                 scratch, c.template scratch<T>(), threads);
    if (c.direct_gradients())
        return detail::add_kernel_gradients(c.direct_size(), batch, x, dy, dkernel, dbias, scratch,
                                            c.template scratch<T>(), threads);
    if (dbias) detail::add_column_sums(rows, c.filters, dy, dbias, threads);
    if (c.plain())
        return gemm<T>({.m = c.windows.channels,
                        .n = c.filters,
                        .k = rows,
                        .a = x,
                        .lda = c.windows.channels,
                        .transposed_a = true,
                        .b = dy,
                        .ldb = c.filters,
                        .beta = T{1},
                        .c = dkernel,
                        .ldc = c.filters},
                       scratch, threads);
    std::size_t const channels = c.group_channels(), filters = c.group_filters();
    // each thread sums up some of the window's taps over all windows
    std::size_t const all = c.windows.taps(), most = c.segment();
    std::size_t const taps =
        channels * most >= 256 && most > c.windows.kernel_width ? c.windows.kernel_width : most;
    std::size_t const segments = (all + taps - 1) / taps;
    std::size_t const grain = c.rows_at_once();
    auto const piece = [&](std::size_t i, T* own, Threads* inner) {
        std::size_t const group = i / segments, tap = i % segments * taps;
        std::size_t const some = std::min(taps, all - tap), k = some * channels;
        T* const seen = own + gemm_scratch<T>() * (inner ? inner->count() : 1);
        for (std::size_t r = 0; r < rows; r += grain) {
            std::size_t const count = std::min(grain, rows - r);
            gather_windows(c.windows, detail::part_of<T>(c, group, tap, some), r, count, x, seen);
            gemm<T>({.m = k,
                     .n = filters,
                     .k = count,
                     .a = seen,
                     .lda = k,
                     .transposed_a = true,
                     .b = dy + r * c.filters + group * filters,
                     .ldb = c.filters,
                     .beta = T{1},
                     .c = dkernel + tap * channels * c.filters + group * filters,
                     .ldc = c.filters},
                    own, inner);
        }
    };
    if (c.groups * segments == 1) return piece(0, scratch, threads);
    parallel_for(threads, c.groups * segments, 1,
                 [&](std::size_t i, std::size_t, std::size_t worker) {
                     piece(i, scratch + worker * c.template scratch<T>(), nullptr);
                 });
}

/// dx = the transpose of the convolution of dy, times slope(x), x being what an activation made.
/// `bias` (of the channels of x, or null) and `e` serve a transposed convolution, whose forward
/// pass this is: dx = e.value(... + bias).
template <class Slope = NoEpilogue, class Epilogue = NoEpilogue, class T>
void convolve_dx(Convolution const& c, std::size_t batch, T const* dy, T const* kernel, T* dx,
                 T const* x, Slope const& slope, T* scratch, Threads* threads,
                 T const* bias = nullptr, Epilogue const& e = {}) {
    auto const finish_at = [&](std::size_t at, std::size_t ld) {
        if constexpr (std::is_same_v<Slope, NoEpilogue>) {
            return detail::SameFinish<T>{detail::finish_value<T>(e)};
        } else {
            return detail::SlopeOf<T, Slope>{slope, x + at, ld};
        }
    };
    if (c.in_lanes())
        return detail::convolve_dx_in_lanes(c.direct_size(), batch, dy, kernel, bias, dx, finish_at,
                                            scratch, c.template scratch<T>(), threads);
    Windows const& w = c.windows;
    std::size_t const channels = c.group_channels(), filters = c.group_filters();
    std::size_t const image = w.pixels() * w.channels, step = c.rows_at_once();
    std::size_t const images = std::max<std::size_t>(1, step / w.out_pixels());
    auto const piece = [&](std::size_t begin, std::size_t end, T* own, Threads* inner) {
        T* const seen = own + gemm_scratch<T>() * (inner ? inner->count() : 1);
        T* const to = dx + begin * image;
        std::size_t const pixels = (end - begin) * w.pixels();
        if (bias)
            for (std::size_t p = 0; p < pixels; ++p)
                std::copy_n(bias, w.channels, to + p * w.channels);
        else std::fill_n(to, (end - begin) * image, T{0});
        for (std::size_t group = 0; group < c.groups; ++group)
            for (std::size_t r = begin * w.out_pixels(); r < end * w.out_pixels(); r += step) {
                std::size_t const count = std::min(step, end * w.out_pixels() - r);
                detail::each_segment(c, c.segment(), [&](std::size_t tap, std::size_t taps) {
                    std::size_t const k = taps * channels;
                    gemm<T>({.m = count,
                             .n = k,
                             .k = filters,
                             .a = dy + r * c.filters + group * filters,
                             .lda = c.filters,
                             .b = kernel + tap * channels * c.filters + group * filters,
                             .ldb = c.filters,
                             .transposed_b = true,
                             .c = seen,
                             .ldc = k},
                            own, inner);
                    scatter_windows(w, detail::part_of<T>(c, group, tap, taps), r, count, seen, dx);
                });
            }
        if constexpr (!std::is_same_v<Slope, NoEpilogue>)
            map((end - begin) * image, to, [&](auto d, auto u) { return d * slope.slope(u); }, to,
                x + begin * image);
        if constexpr (!std::is_same_v<Epilogue, NoEpilogue>)
            map((end - begin) * image, to, [&](auto v) { return e.value(v); }, to);
    };
    if (c.plain()) {
        detail::SlopeOf<T, Slope> const of{slope, x, w.channels};
        return gemm<T>({.m = batch * w.pixels(),
                        .n = w.channels,
                        .k = c.filters,
                        .a = dy,
                        .lda = c.filters,
                        .b = kernel,
                        .ldb = c.filters,
                        .transposed_b = true,
                        .c = dx,
                        .ldc = w.channels,
                        .bias = bias,
                        .finish = std::is_same_v<Slope, NoEpilogue> ? detail::finish_value<T>(e)
                                                                    : of.finish()},
                       scratch, threads);
    }
    if (c.direct_dx() && batch * w.pixels() >= 256) { // turning the kernel pays
        detail::DirectSize const d = c.direct_dx_size();
        T* const packed = scratch + c.template scratch<T>() - c.template packed<T>();
        if (c.winograd_dx() && detail::winograd_pays(d, batch)) {
            auto const transform = [&](std::size_t first, std::size_t end, T* to, Threads* all) {
                detail::transform_turned_kernels(d, kernel, first, end, to, all);
            };
            return detail::convolve_by_winograd(d, batch, dy, transform, bias, dx, finish_at,
                                                scratch, c.template scratch<T>(), threads);
        }
        detail::pack_turned(d, kernel, packed, threads);
        return detail::convolve_directly(d, batch, dy, detail::packed_panels(d, packed), bias, dx,
                                         finish_at, scratch, c.template scratch<T>(), threads);
    }
    if (batch <= images) return piece(0, batch, scratch, threads);
    parallel_for(threads, batch, images,
                 [&](std::size_t begin, std::size_t end, std::size_t worker) {
                     piece(begin, end, scratch + worker * c.template scratch<T>(), nullptr);
                 });
}

} // namespace lamina::kernels
