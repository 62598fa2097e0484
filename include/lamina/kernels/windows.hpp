// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace lamina::kernels {

/// Where windows of kernel_height x kernel_width pixels stand on images [height, width, channels],
/// one for each pixel of the images [out_height, out_width, ...] that come out of them. A sequence
/// is an image of height 1.
struct Windows {
    std::size_t height, width, channels;
    std::size_t out_height, out_width;
    std::size_t kernel_height, kernel_width;
    std::size_t stride_y = 1, stride_x = 1, dilation_y = 1, dilation_x = 1;
    std::ptrdiff_t top = 0, left = 0; // rows and columns of zeros before the image

    constexpr std::size_t taps() const { return kernel_height * kernel_width; }
    constexpr std::size_t pixels() const { return height * width; }
    constexpr std::size_t out_pixels() const { return out_height * out_width; }
    /// Each window is the pixel that it makes.
    constexpr bool plain() const {
        return taps() == 1 && pixels() == out_pixels() && stride_y == 1 && stride_x == 1 &&
               top == 0 && left == 0;
    }
    /// The row of the image under row `tap` of the window of row y; outside: not below height.
    constexpr std::size_t row(std::size_t y, std::size_t tap) const {
        return static_cast<std::size_t>(
            static_cast<std::ptrdiff_t>(y * stride_y + tap * dilation_y) - top);
    }
    constexpr std::size_t column(std::size_t x, std::size_t tap) const {
        return static_cast<std::size_t>(
            static_cast<std::ptrdiff_t>(x * stride_x + tap * dilation_x) - left);
    }
};

/// A part of what a window sees: some of its taps, and of each pixel some channels.
struct WindowPart {
    std::size_t first_tap, taps, first_channel, channels;
    constexpr std::size_t size() const { return taps * channels; }
};

namespace detail {

/// Walks over the windows [first, first + count), counted through all images, and of each over the
/// part: inside(at, from, n): the n numbers from x[from] on are the numbers at, at + 1, ... of the
/// window; outside(at, n): the zeros around the image are. `at` counts through all the windows.
template <class Inside, class Outside>
LAMINA_ALWAYS_INLINE inline void each_run(Windows const& w, WindowPart const& part,
                                          std::size_t first, std::size_t count,
                                          Inside const& inside, Outside const& outside) {
    bool const together = w.dilation_x == 1 && part.channels == w.channels;
    std::size_t image = first / w.out_pixels(), y = first % w.out_pixels() / w.out_width,
                x = first % w.out_width, at = 0;
    std::size_t const end = part.first_tap + part.taps, c = part.channels;
    for (std::size_t r = 0; r < count; ++r) {
        std::size_t const base = image * w.height;
        for (std::size_t tap = part.first_tap; tap < end;) {
            std::size_t const ty = tap / w.kernel_width, tx = tap % w.kernel_width;
            // as many taps of one row of the window as lie side by side
            std::size_t const run = together ? std::min(end - tap, w.kernel_width - tx) : 1;
            std::size_t const iy = w.row(y, ty), ix = w.column(x, tx);
            tap += run;
            if (iy >= w.height) {
                outside(at, run * c);
            } else if (ix < w.width && run <= w.width - ix) {
                inside(at, ((base + iy) * w.width + ix) * w.channels + part.first_channel, run * c);
            } else {
                auto const begin = static_cast<std::ptrdiff_t>(ix);
                auto const wide = static_cast<std::ptrdiff_t>(w.width),
                           length = static_cast<std::ptrdiff_t>(run);
                auto const low = std::min(std::max<std::ptrdiff_t>(-begin, 0), length);
                auto const high =
                    std::min(std::max<std::ptrdiff_t>(begin + length - wide, 0), length - low);
                auto const before = static_cast<std::size_t>(low),
                           behind = static_cast<std::size_t>(high), n = run - before - behind;
                if (before) outside(at, before * c);
                if (n)
                    inside(at + before * c,
                           ((base + iy) * w.width + ix + before) * w.channels + part.first_channel,
                           n * c);
                if (behind) outside(at + (run - behind) * c, behind * c);
            }
            at += run * c;
        }
        if (++x == w.out_width) {
            x = 0;
            if (++y == w.out_height) {
                y = 0;
                ++image;
            }
        }
    }
}

/// to = from, or to += from: few numbers, which a call would cost more than.
template <bool Add, class T>
LAMINA_ALWAYS_INLINE inline void copy_run(std::size_t n, T const* from, T* to) {
    using V = Batch<T>;
    std::size_t i = 0;
    for (; i + V::size <= n; i += V::size) {
        V const v = load<V>(from + i);
        kernels::store(to + i, Add ? load<V>(to + i) + v : v);
    }
    if (std::size_t const rest = n - i; rest > 0) {
        V const v = load<V>(from + i, rest);
        kernels::store(to + i, Add ? load<V>(to + i, rest) + v : v, rest);
    }
}

} // namespace detail

/// rows[count, part.size()] = what the windows see of x; 0 outside of the image ("im2col").
template <class T>
[[gnu::noinline]] void gather_windows(Windows const& w, WindowPart const& part, std::size_t first,
                                      std::size_t count, T const* x, T* rows) {
    detail::each_run(
        w, part, first, count,
        [=](std::size_t at, std::size_t from, std::size_t n) {
            detail::copy_run<false>(n, x + from, rows + at);
        },
        [=](std::size_t at, std::size_t n) { std::memset(rows + at, 0, n * sizeof(T)); });
}

/// x += each window's numbers, where it saw them ("col2im").
template <class T>
[[gnu::noinline]] void scatter_windows(Windows const& w, WindowPart const& part, std::size_t first,
                                       std::size_t count, T const* rows, T* x) {
    detail::each_run(
        w, part, first, count,
        [=](std::size_t at, std::size_t from, std::size_t n) {
            detail::copy_run<true>(n, rows + at, x + from);
        },
        [](std::size_t, std::size_t) {});
}

} // namespace lamina::kernels
