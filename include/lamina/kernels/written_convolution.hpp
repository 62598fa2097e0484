// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/core/pass.hpp>
#include <lamina/kernels/convolution_ways.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

/// What windows see, written out as rows of a matrix, as many at a time as the cache holds, and
/// multiplied: a matrix product whose left side exists a piece at a time.
namespace lamina::kernels::detail {

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
    T* const rows = scratch + c.template product_scratch<T>() * workers_of(threads);
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

template <class T>
void convolve_written(Convolution const& c, std::size_t batch, T const* x, T const* kernel,
                      T const* bias, T* y, Finish<T> const& finish, T* scratch, Threads* threads) {
    std::size_t const rows = batch * c.windows.out_pixels(), grain = c.rows_at_once();
    if (rows <= grain)
        return convolve_rows(c, 0, rows, x, kernel, bias, y, finish, scratch, threads);
    parallel_for(threads, rows, grain, [&](std::size_t begin, std::size_t end, std::size_t worker) {
        convolve_rows(c, begin, end, x, kernel, bias, y, finish,
                      scratch + worker * c.template scratch<T>(), nullptr);
    });
}

/// dkernel += the sum over all windows of (what the window sees)' dy.
template <class T>
void add_gradients_written(Convolution const& c, std::size_t batch, T const* x, T const* dy,
                           T* dkernel, T* scratch, Threads* threads) {
    std::size_t const rows = batch * c.windows.out_pixels();
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
        T* const seen = own + c.template product_scratch<T>() * workers_of(inner);
        for (std::size_t r = 0; r < rows; r += grain) {
            std::size_t const count = std::min(grain, rows - r);
            gather_windows(c.windows, part_of<T>(c, group, tap, some), r, count, x, seen);
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

/// dx = e.value(the transpose of the convolution of dy + bias) slope(x).
template <class Slope, class Epilogue, class T>
void convolve_dx_written(Convolution const& c, std::size_t batch, T const* dy, T const* kernel,
                         T* dx, T const* x, Slope const& slope, T* scratch, Threads* threads,
                         T const* bias, Epilogue const& e) {
    Windows const& w = c.windows;
    std::size_t const channels = c.group_channels(), filters = c.group_filters();
    std::size_t const image = w.pixels() * w.channels, step = c.rows_at_once();
    std::size_t const images = std::max<std::size_t>(1, step / w.out_pixels());
    auto const piece = [&](std::size_t begin, std::size_t end, T* own, Threads* inner) {
        T* const seen = own + c.template product_scratch<T>() * workers_of(inner);
        T* const to = dx + begin * image;
        std::size_t const pixels = (end - begin) * w.pixels();
        if (bias)
            for (std::size_t p = 0; p < pixels; ++p)
                std::copy_n(bias, w.channels, to + p * w.channels);
        else std::fill_n(to, (end - begin) * image, T{0});
        for (std::size_t group = 0; group < c.groups; ++group)
            for (std::size_t r = begin * w.out_pixels(); r < end * w.out_pixels(); r += step) {
                std::size_t const count = std::min(step, end * w.out_pixels() - r);
                each_segment(c, c.segment(), [&](std::size_t tap, std::size_t taps) {
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
                    scatter_windows(w, part_of<T>(c, group, tap, taps), r, count, seen, dx);
                });
            }
        if constexpr (!std::is_same_v<Slope, NoEpilogue>)
            map((end - begin) * image, to, [&](auto d, auto u) { return d * slope.slope(u); }, to,
                x + begin * image);
        if constexpr (!std::is_same_v<Epilogue, NoEpilogue>)
            map((end - begin) * image, to, [&](auto v) { return e.value(v); }, to);
    };
    if (batch <= images) return piece(0, batch, scratch, threads);
    parallel_for(threads, batch, images,
                 [&](std::size_t begin, std::size_t end, std::size_t worker) {
                     piece(begin, end, scratch + worker * c.template scratch<T>(), nullptr);
                 });
}

} // namespace lamina::kernels::detail
