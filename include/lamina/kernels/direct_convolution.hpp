// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/transpose.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>

/// Convolution without writing out what the windows see. Of channels that come last, a row of a
/// window is one stretch of memory, and the next window's row begins stride x channels further on:
/// the windows of one row of pixels are a matrix whose rows overlap, and each row of the kernel is
/// one product. Only windows that reach beyond the left or right edge are written out.
namespace lamina::kernels::detail {

/// Output pixels [first, end) of a row, whose windows lie within the image from left to right.
struct InnerColumns {
    std::size_t first, end;
};
constexpr InnerColumns inner_columns(Windows const& w) {
    auto const stride = static_cast<std::ptrdiff_t>(w.stride_x),
               out = static_cast<std::ptrdiff_t>(w.out_width),
               room = static_cast<std::ptrdiff_t>(w.width) + w.left -
                      static_cast<std::ptrdiff_t>(w.kernel_width);
    std::ptrdiff_t const first = std::clamp<std::ptrdiff_t>(
        (std::max<std::ptrdiff_t>(w.left, 0) + stride - 1) / stride, 0, out);
    std::ptrdiff_t const end =
        room < 0 ? first : std::clamp<std::ptrdiff_t>(room / stride + 1, first, out);
    return {static_cast<std::size_t>(first), static_cast<std::size_t>(end)};
}

/// Whether that is the better way: rows of windows long enough for a product, a kernel that stays
/// in the cache unpacked, and few windows at the edges.
constexpr bool goes_directly(Windows const& w, std::size_t filters) {
    std::size_t const row = w.kernel_width * w.channels;
    InnerColumns const inner = inner_columns(w);
    return w.dilation_x == 1 && w.taps() > 1 && row >= 48 && row * filters <= 65536 &&
           filters >= 32 && inner.end - inner.first >= 12;
}

/// Rows of pixels of one piece of work, and numbers of scratch memory for it.
constexpr std::size_t direct_rows(Windows const& w) {
    return std::max<std::size_t>((w.out_height + 1) / 2, 1);
}
template <class T>
constexpr std::size_t direct_scratch(Windows const& w) {
    return gemm_scratch<T>() + (direct_rows(w) * w.taps() * w.channels + 15) / 16 * 16;
}

/// The same finish wherever a product lies.
template <class T>
struct SameFinish {
    Finish<T> of;
    Finish<T> finish() const { return of; }
};

/// y[batch, out pixels, filters] = finish(x * kernel + bias); kernel is [taps, channels, filters].
/// finish_at(i, ld).finish() finishes what begins at y + i, its rows ld numbers apart. The scratch
/// of each worker begins `apart` numbers behind that of the one before.
template <class T, class FinishAt>
void convolve_directly(Windows const& w, std::size_t filters, std::size_t batch, T const* x,
                       T const* kernel, T const* bias, T* y, FinishAt const& finish_at, T* scratch,
                       std::size_t apart, Threads* threads) {
    InnerColumns const inner = inner_columns(w);
    std::size_t const row = w.kernel_width * w.channels, depth = w.taps() * w.channels,
                      block = direct_rows(w), blocks = (w.out_height + block - 1) / block;
    // the windows of row oy that lie within the image: a product for each row of the kernel
    auto const inside = [&](std::size_t image, std::size_t oy, T* own) {
        std::size_t const at = ((image * w.out_height + oy) * w.out_width + inner.first) * filters;
        std::size_t first = 0, end = w.kernel_height; // rows of the kernel that see the image
        while (first < end && w.row(oy, first) >= w.height) ++first;
        while (end > first && w.row(oy, end - 1) >= w.height) --end;
        auto const finish = finish_at(at, filters);
        Gemm<T> g{.m = inner.end - inner.first,
                  .n = filters,
                  .k = row,
                  .a = x,
                  .lda = w.stride_x * w.channels,
                  .b = kernel,
                  .ldb = filters,
                  .c = y + at,
                  .ldc = filters,
                  .bias = bias,
                  .finish = {}};
        if (first == end) { // nothing of it
            g.k = 0;
            g.finish = finish.finish();
            return gemm(g, own, nullptr);
        }
        for (std::size_t t = first; t < end; ++t) {
            g.a = x + ((image * w.height + w.row(oy, t)) * w.width + w.column(inner.first, 0)) *
                          w.channels;
            g.b = kernel + t * row * filters;
            if (t + 1 == end) g.finish = finish.finish();
            gemm(g, own, nullptr);
            g.beta = T{1};
            g.bias = nullptr;
        }
    };
    // the windows of column ox in rows [begin, end): written out, one product
    auto const at_edge = [&](std::size_t image, std::size_t begin, std::size_t end, std::size_t ox,
                             T* own) {
        Windows column = w;
        column.out_width = 1;
        column.left = w.left - static_cast<std::ptrdiff_t>(ox * w.stride_x);
        std::size_t const first = image * w.out_height + begin,
                          at = (first * w.out_width + ox) * filters, ld = w.out_width * filters;
        T* const seen = own + gemm_scratch<T>();
        gather_windows(column, {0, w.taps(), 0, w.channels}, first, end - begin, x, seen);
        auto const finish = finish_at(at, ld);
        gemm<T>({.m = end - begin,
                 .n = filters,
                 .k = depth,
                 .a = seen,
                 .lda = depth,
                 .b = kernel,
                 .ldb = filters,
                 .c = y + at,
                 .ldc = ld,
                 .bias = bias,
                 .finish = finish.finish()},
                own, nullptr);
    };
    parallel_for(threads, batch * blocks, 1, [&](std::size_t i, std::size_t, std::size_t worker) {
        std::size_t const image = i / blocks, begin = i % blocks * block,
                          end = std::min(begin + block, w.out_height);
        T* const own = scratch + worker * apart;
        for (std::size_t oy = begin; oy < end; ++oy) inside(image, oy, own);
        for (std::size_t ox = 0; ox < inner.first; ++ox) at_edge(image, begin, end, ox, own);
        for (std::size_t ox = inner.end; ox < w.out_width; ++ox)
            at_edge(image, begin, end, ox, own);
    });
}

/// to[tap, filter, channel] = kernel[last tap - tap, channel, filter]: what turns the gradient of a
/// convolution with stride 1 into a convolution.
template <class T>
void turn_kernel(std::size_t taps, std::size_t channels, std::size_t filters, T const* kernel,
                 T* to) {
    for (std::size_t t = 0; t < taps; ++t)
        transpose(channels, filters, kernel + (taps - 1 - t) * channels * filters, filters,
                  to + t * filters * channels, channels);
}
/// The windows on dy that belong to it.
constexpr Windows turned(Windows const& w, std::size_t filters) {
    Windows v = w;
    v.height = w.out_height;
    v.width = w.out_width;
    v.channels = filters;
    v.out_height = w.height;
    v.out_width = w.width;
    v.top = static_cast<std::ptrdiff_t>((w.kernel_height - 1) * w.dilation_y) - w.top;
    v.left = static_cast<std::ptrdiff_t>((w.kernel_width - 1) * w.dilation_x) - w.left;
    return v;
}

} // namespace lamina::kernels::detail
