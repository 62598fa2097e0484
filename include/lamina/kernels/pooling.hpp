// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>

/// The largest number and the mean of what each window sees, channel by channel; what lies outside
/// of the image is not seen.
namespace lamina::kernels {

/// The rows and columns [top, bottom) x [left, right) of the image that a window covers, in steps
/// of one: windows are not dilated.
struct WindowSpan {
    std::size_t top, bottom, left, right;
    constexpr std::size_t pixels() const { return (bottom - top) * (right - left); }
};

namespace detail {

constexpr std::size_t clip_to(std::ptrdiff_t at, std::size_t end) {
    return static_cast<std::size_t>(
        std::clamp<std::ptrdiff_t>(at, 0, static_cast<std::ptrdiff_t>(end)));
}
constexpr WindowSpan span_of(Windows const& w, std::size_t y, std::size_t x) {
    auto const top = static_cast<std::ptrdiff_t>(y * w.stride_y) - w.top,
               left = static_cast<std::ptrdiff_t>(x * w.stride_x) - w.left;
    return {clip_to(top, w.height), clip_to(top + std::ptrdiff_t(w.kernel_height), w.height),
            clip_to(left, w.width), clip_to(left + std::ptrdiff_t(w.kernel_width), w.width)};
}

/// f(y, x, span) for the windows of one image.
template <class F>
[[gnu::always_inline]] inline void each_window(Windows const& w, F const& f) {
    for (std::size_t y = 0; y < w.out_height; ++y)
        for (std::size_t x = 0; x < w.out_width; ++x) f(y, x, span_of(w, y, x));
}

/// work(i) for each image i, in pieces for several threads.
template <class Work>
void each_image(Threads* threads, Windows const& w, std::size_t batch, Work const& work) {
    std::size_t const grain = 32768 / (w.pixels() * w.channels + 1) + 1;
    parallel_for(threads, batch, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) work(i);
    });
}

/// Every pixel is seen by one window at most.
constexpr bool apart(Windows const& w) {
    return w.stride_y >= w.kernel_height && w.stride_x >= w.kernel_width;
}

} // namespace detail

/// The pixels of output pixel (y, x) where an image is cut into out_height x out_width parts that
/// are as equal as can be; neighbours overlap where the numbers do not divide.
constexpr WindowSpan part_span(Windows const& w, std::size_t y, std::size_t x) {
    return {y * w.height / w.out_height, ((y + 1) * w.height + w.out_height - 1) / w.out_height,
            x * w.width / w.out_width, ((x + 1) * w.width + w.out_width - 1) / w.out_width};
}

namespace detail {

/// The largest of a window's pixels, for C batches of channels at `from` and `to`, the last of
/// which has `last` lanes.
template <std::size_t C, class T>
[[gnu::always_inline]] inline void largest(Windows const& w, WindowSpan const& s, T const* from,
                                           T* to, std::size_t last = lanes<T>) {
    using V = Batch<T>;
    bool const whole = last == V::size;
    V top[C];
    LAMINA_UNROLL
    for (std::size_t i = 0; i < C; ++i) top[i] = V(-std::numeric_limits<T>::infinity());
    for (std::size_t r = s.top; r < s.bottom; ++r) {
        T const* pixel = from + (r * w.width + s.left) * w.channels;
        for (std::size_t k = s.left; k < s.right; ++k, pixel += w.channels) {
            LAMINA_UNROLL
            for (std::size_t i = 0; i < C; ++i) {
                T const* const at = pixel + i * V::size;
                V const v = whole || i + 1 < C ? load<V>(at) : load<V>(at, last);
                top[i] = select(top[i] == top[i], kernels::max(top[i], v), top[i]); // a NaN stays
            }
        }
    }
    LAMINA_UNROLL
    for (std::size_t i = 0; i < C; ++i) {
        if (whole || i + 1 < C) kernels::store(to + i * V::size, top[i]);
        else kernels::store(to + i * V::size, top[i], last);
    }
}

} // namespace detail

/// y = the largest of each window. A NaN that is seen comes out.
template <class T>
void max_pool(Threads* threads, Windows const& w, std::size_t batch, T const* x, T* y) {
    detail::each_image(threads, w, batch, [&w, x, y](std::size_t i) {
        T const* const image = x + i * w.pixels() * w.channels;
        T* to = y + i * w.out_pixels() * w.channels;
        detail::each_window(w, [&](std::size_t, std::size_t, WindowSpan s) {
            std::size_t j = 0;
            for (; j + 4 * lanes<T> <= w.channels; j += 4 * lanes<T>)
                detail::largest<4>(w, s, image + j, to + j);
            for (; j < w.channels; j += lanes<T>)
                detail::largest<1>(w, s, image + j, to + j, std::min(lanes<T>, w.channels - j));
            to += w.channels;
        });
    });
}

/// dx: each dy goes to the pixel that y came from, the first of several.
template <class T>
void max_pool_dx(Threads* threads, Windows const& w, std::size_t batch, T const* x, T const* y,
                 T const* dy, T* dx) {
    using V = Batch<T>;
    bool const alone = detail::apart(w);
    detail::each_image(threads, w, batch, [=, &w](std::size_t i) {
        std::size_t const in = i * w.pixels() * w.channels, out = i * w.out_pixels() * w.channels;
        bool const whole = alone && w.top == 0 && w.left == 0 &&
                           w.out_height * w.stride_y == w.height &&
                           w.out_width * w.stride_x == w.width && w.stride_y == w.kernel_height &&
                           w.stride_x == w.kernel_width;
        if (!whole) std::fill_n(dx + in, w.pixels() * w.channels, T(0));
        detail::each_window(w, [&](std::size_t oy, std::size_t ox, WindowSpan s) {
            std::size_t const from = out + (oy * w.out_width + ox) * w.channels;
            each_column<T, xsimd::default_arch>(w.channels, [&](auto at) {
                V const top = at(y + from), zero(T(0));
                V rest = at(dy + from); // until it has found its pixel
                for (std::size_t r = s.top; r < s.bottom; ++r)
                    for (std::size_t k = s.left; k < s.right; ++k) {
                        std::size_t const p = in + (r * w.width + k) * w.channels;
                        auto const below = at(x + p) < top; // not of a NaN
                        V const d = select(below, zero, rest);
                        rest = select(below, rest, zero);
                        at(dx + p, alone ? d : at(static_cast<T const*>(dx) + p) + d);
                    }
            });
        });
    });
}

/// y = the mean of each window; `count_zeros`: the zeros around the image count as seen.
template <class T>
void average_pool(Threads* threads, Windows const& w, bool count_zeros, std::size_t batch,
                  T const* x, T* y) {
    using V = Batch<T>;
    detail::each_image(threads, w, batch, [&w, count_zeros, x, y](std::size_t i) {
        T const* const image = x + i * w.pixels() * w.channels;
        T* const out = y + i * w.out_pixels() * w.channels;
        detail::each_window(w, [&](std::size_t oy, std::size_t ox, WindowSpan s) {
            V const share(T(1) / static_cast<T>(count_zeros ? w.taps() : s.pixels()));
            each_column<T, xsimd::default_arch>(w.channels, [&](auto at) {
                V sum(T(0));
                for (std::size_t r = s.top; r < s.bottom; ++r)
                    for (std::size_t k = s.left; k < s.right; ++k)
                        sum += at(image + (r * w.width + k) * w.channels);
                at(out + (oy * w.out_width + ox) * w.channels, sum * share);
            });
        });
    });
}

template <class T>
void average_pool_dx(Threads* threads, Windows const& w, bool count_zeros, std::size_t batch,
                     T const* dy, T* dx) {
    using V = Batch<T>;
    detail::each_image(threads, w, batch, [=, &w](std::size_t i) {
        T* const image = dx + i * w.pixels() * w.channels;
        T const* const from = dy + i * w.out_pixels() * w.channels;
        std::fill_n(image, w.pixels() * w.channels, T(0));
        detail::each_window(w, [&](std::size_t oy, std::size_t ox, WindowSpan s) {
            V const share(T(1) / static_cast<T>(count_zeros ? w.taps() : s.pixels()));
            each_column<T, xsimd::default_arch>(w.channels, [&](auto at) {
                V const d = at(from + (oy * w.out_width + ox) * w.channels) * share;
                for (std::size_t r = s.top; r < s.bottom; ++r)
                    for (std::size_t k = s.left; k < s.right; ++k) {
                        T* const p = image + (r * w.width + k) * w.channels;
                        at(p, at(static_cast<T const*>(p)) + d);
                    }
            });
        });
    });
}

/// y = the mean of each part of the image.
template <class T>
void average_parts(Threads* threads, Windows const& w, std::size_t batch, T const* x, T* y) {
    using V = Batch<T>;
    detail::each_image(threads, w, batch, [&w, x, y](std::size_t i) {
        T const* const image = x + i * w.pixels() * w.channels;
        for (std::size_t o = 0; o < w.out_pixels(); ++o) {
            WindowSpan const s = part_span(w, o / w.out_width, o % w.out_width);
            V const share(T(1) / static_cast<T>(s.pixels()));
            each_column<T, xsimd::default_arch>(w.channels, [&](auto at) {
                V sum(T(0));
                for (std::size_t r = s.top; r < s.bottom; ++r)
                    for (std::size_t k = s.left; k < s.right; ++k)
                        sum += at(image + (r * w.width + k) * w.channels);
                at(y + (i * w.out_pixels() + o) * w.channels, sum * share);
            });
        }
    });
}
template <class T>
void average_parts_dx(Threads* threads, Windows const& w, std::size_t batch, T const* dy, T* dx) {
    using V = Batch<T>;
    detail::each_image(threads, w, batch, [&w, dy, dx](std::size_t i) {
        T* const image = dx + i * w.pixels() * w.channels;
        std::fill_n(image, w.pixels() * w.channels, T(0));
        for (std::size_t o = 0; o < w.out_pixels(); ++o) {
            WindowSpan const s = part_span(w, o / w.out_width, o % w.out_width);
            V const share(T(1) / static_cast<T>(s.pixels()));
            each_column<T, xsimd::default_arch>(w.channels, [&](auto at) {
                V const d = at(dy + (i * w.out_pixels() + o) * w.channels) * share;
                for (std::size_t r = s.top; r < s.bottom; ++r)
                    for (std::size_t k = s.left; k < s.right; ++k) {
                        T* const p = image + (r * w.width + k) * w.channels;
                        at(p, at(static_cast<T const*>(p)) + d);
                    }
            });
        }
    });
}

} // namespace lamina::kernels
