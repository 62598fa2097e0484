// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/window_spans.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>

/// The largest number and the mean of what each window sees, channel by channel; what lies outside
/// of the image is not seen.
namespace lamina::kernels {

/// Whether the zeros around the image count in a mean; those before it are the windows' own, behind
/// it so many rows and columns.
struct CountedZeros {
    bool counted = false;
    std::size_t bottom = 0, right = 0;
};

namespace detail {

/// What each pixel of window (y, x) is multiplied with in the mean.
template <class T>
T share_of(Windows const& w, WindowSpan const& s, CountedZeros const& zeros, std::size_t y,
           std::size_t x) {
    auto const steps = [](std::size_t begin, std::size_t end, std::size_t step) {
        return begin < end ? (end - begin - 1) / step + 1 : 0;
    };
    std::size_t rows = steps(s.top, s.bottom, w.dilation_y),
                columns = steps(s.left, s.right, w.dilation_x);
    if (zeros.counted) {
        std::size_t const down = w.height + zeros.bottom + static_cast<std::size_t>(w.top),
                          across = w.width + zeros.right + static_cast<std::size_t>(w.left);
        rows = std::min(w.kernel_height, steps(y * w.stride_y, down, w.dilation_y));
        columns = std::min(w.kernel_width, steps(x * w.stride_x, across, w.dilation_x));
    }
    return T(1) / static_cast<T>(rows * columns);
}

/// The largest of a window's pixels, for C batches of channels at `from` and `to`, the last of
/// which has `last` lanes.
template <std::size_t C, class T>
LAMINA_ALWAYS_INLINE inline void largest(Windows const& w, WindowSpan const& s, T const* from,
                                         T* to, std::size_t last = lanes<T>) {
    using V = Batch<T>;
    bool const whole = last == V::size;
    V top[C];
    LAMINA_UNROLL
    for (std::size_t i = 0; i < C; ++i) top[i] = V(-std::numeric_limits<T>::infinity());
    std::size_t const step = w.dilation_x * w.channels;
    for (std::size_t r = s.top; r < s.bottom; r += w.dilation_y) {
        T const* pixel = from + (r * w.width + s.left) * w.channels;
        for (std::size_t k = s.left; k < s.right; k += w.dilation_x, pixel += step) {
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

template <class T>
LAMINA_ALWAYS_INLINE inline void largest_of_all(Windows const& w, WindowSpan const& s,
                                                T const* image, T* to) {
    std::size_t j = 0;
    for (; j + 4 * lanes<T> <= w.channels; j += 4 * lanes<T>) largest<4>(w, s, image + j, to + j);
    for (; j < w.channels; j += lanes<T>)
        largest<1>(w, s, image + j, to + j, std::min(lanes<T>, w.channels - j));
}

} // namespace detail

/// y = the largest of each window. A NaN that is seen comes out.
template <class T>
void max_pool(Threads* threads, Windows const& w, std::size_t batch, T const* x, T* y) {
    std::size_t const grain = 16384 / (w.stride_y * w.width * w.channels + 1) + 1;
    parallel_for(threads, batch * w.out_height, grain,
                 [&w, x, y](std::size_t begin, std::size_t end, std::size_t) {
                     T* to = y + begin * w.out_width * w.channels;
                     for (std::size_t next; begin < end; begin = next) { // the rows of one image
                         std::size_t const i = begin / w.out_height, top = i * w.out_height;
                         next = std::min(end, top + w.out_height);
                         T const* const image = x + i * w.pixels() * w.channels;
                         detail::each_window(w, begin - top, next - top,
                                             [&](std::size_t, std::size_t, WindowSpan s) {
                                                 detail::largest_of_all(w, s, image, to);
                                                 to += w.channels;
                                             });
                     }
                 });
}

namespace detail {

/// dx of a window's pixels: dy goes to the first from which y came. C and last as above. Alone: no
/// other window sees them.
template <std::size_t C, bool Alone, class T>
LAMINA_ALWAYS_INLINE inline void to_largest(Windows const& w, WindowSpan const& s, T const* x,
                                            T const* y, T const* dy, T* dx,
                                            std::size_t last = lanes<T>) {
    using V = Batch<T>;
    bool const whole = last == V::size;
    auto const read = [&](T const* from, std::size_t i) {
        T const* const at = from + i * V::size;
        return whole || i + 1 < C ? load<V>(at) : load<V>(at, last);
    };
    V const zero(T(0));
    V top[C], rest[C]; // rest: until it has found its pixel
    LAMINA_UNROLL
    for (std::size_t i = 0; i < C; ++i) top[i] = read(y, i), rest[i] = read(dy, i);
    for (std::size_t r = s.top; r < s.bottom; r += w.dilation_y)
        for (std::size_t k = s.left; k < s.right; k += w.dilation_x) {
            std::size_t const pixel = (r * w.width + k) * w.channels;
            LAMINA_UNROLL
            for (std::size_t i = 0; i < C; ++i) {
                auto const below = read(x + pixel, i) < top[i]; // not of a NaN
                V d = select(below, zero, rest[i]);
                rest[i] = select(below, rest[i], zero);
                if constexpr (!Alone) d += read(dx + pixel, i);
                if (whole || i + 1 < C) kernels::store(dx + pixel + i * V::size, d);
                else kernels::store(dx + pixel + i * V::size, d, last);
            }
        }
}

/// Whether to find each channel's pixel and add to it is quicker than to go through all pixels of a
/// window with part of a batch, which is stored in parts, and for which the next window would wait.
/// (A pixel's number must be exact.)
template <class T>
bool scatters(Windows const& w) {
    return w.channels < lanes<T> && 5 * w.taps() > 4 * w.channels &&
           w.dilation_y * w.kernel_height * w.width < (std::size_t{1} << 24);
}

/// The same, dx += it, for fewer channels than lanes.
template <class T>
LAMINA_ALWAYS_INLINE inline void add_to_largest(Windows const& w, WindowSpan const& s, T const* x,
                                                T const* y, T const* dy, T* dx) {
    using V = Batch<T>;
    if (s.top >= s.bottom || s.left >= s.right) return; // it sees nothing of the image
    std::size_t const first = s.top * w.width + s.left;
    V const top = load<V>(y, w.channels), far(std::numeric_limits<T>::infinity());
    V place = far; // the least number, counted from the first pixel, of those that are as large
    for (std::size_t r = s.top; r < s.bottom; r += w.dilation_y)
        for (std::size_t k = s.left; k < s.right; k += w.dilation_x) {
            std::size_t const pixel = r * w.width + k;
            auto const below = load<V>(x + pixel * w.channels, w.channels) < top; // not of a NaN
            place = kernels::min(place, select(below, far, V(static_cast<T>(pixel - first))));
        }
    alignas(64) T places[V::size];
    kernels::store(places, place);
    for (std::size_t i = 0; i < w.channels; ++i)
        dx[(first + static_cast<std::size_t>(places[i])) * w.channels + i] += dy[i];
}

template <bool Alone, class T>
void max_pool_dx_image(Windows const& w, T const* x, T const* y, T const* dy, T* dx) {
    bool const whole = Alone && w.top == 0 && w.left == 0 &&
                       w.out_height * w.stride_y == w.height &&
                       w.out_width * w.stride_x == w.width && w.stride_y == w.kernel_height &&
                       w.stride_x == w.kernel_width;
    bool const adds = scatters<T>(w);
    if (!whole || adds) std::fill_n(dx, w.pixels() * w.channels, T(0));
    each_window(w, [&](std::size_t, std::size_t, WindowSpan s) {
        std::size_t j = adds ? w.channels : 0;
        if (adds) add_to_largest(w, s, x, y, dy, dx);
        for (; j + 4 * lanes<T> <= w.channels; j += 4 * lanes<T>)
            to_largest<4, Alone>(w, s, x + j, y + j, dy + j, dx + j);
        for (; j < w.channels; j += lanes<T>)
            to_largest<1, Alone>(w, s, x + j, y + j, dy + j, dx + j,
                                 std::min(lanes<T>, w.channels - j));
        y += w.channels;
        dy += w.channels;
    });
}

} // namespace detail

/// dx: each dy goes to the pixel that y came from, the first of several.
template <class T>
void max_pool_dx(Threads* threads, Windows const& w, std::size_t batch, T const* x, T const* y,
                 T const* dy, T* dx) {
    bool const alone = detail::apart(w);
    detail::each_image(threads, w, batch, [=, &w](std::size_t i) {
        std::size_t const in = i * w.pixels() * w.channels, out = i * w.out_pixels() * w.channels;
        if (alone) detail::max_pool_dx_image<true>(w, x + in, y + out, dy + out, dx + in);
        else detail::max_pool_dx_image<false>(w, x + in, y + out, dy + out, dx + in);
    });
}

/// y = the mean of each window.
template <class T>
void average_pool(Threads* threads, Windows const& w, CountedZeros const& zeros, std::size_t batch,
                  T const* x, T* y) {
    using V = Batch<T>;
    detail::each_image(threads, w, batch, [&w, &zeros, x, y](std::size_t i) {
        T const* const image = x + i * w.pixels() * w.channels;
        T* const out = y + i * w.out_pixels() * w.channels;
        detail::each_window(w, [&](std::size_t oy, std::size_t ox, WindowSpan s) {
            V const share(detail::share_of<T>(w, s, zeros, oy, ox));
            each_column<T, xsimd::default_arch>(w.channels, [&](auto at) {
                V sum(T(0));
                for (std::size_t r = s.top; r < s.bottom; r += w.dilation_y)
                    for (std::size_t k = s.left; k < s.right; k += w.dilation_x)
                        sum += at(image + (r * w.width + k) * w.channels);
                at(out + (oy * w.out_width + ox) * w.channels, sum * share);
            });
        });
    });
}

template <class T>
void average_pool_dx(Threads* threads, Windows const& w, CountedZeros const& zeros,
                     std::size_t batch, T const* dy, T* dx) {
    using V = Batch<T>;
    detail::each_image(threads, w, batch, [&w, &zeros, dy, dx](std::size_t i) {
        T* const image = dx + i * w.pixels() * w.channels;
        T const* const from = dy + i * w.out_pixels() * w.channels;
        std::fill_n(image, w.pixels() * w.channels, T(0));
        detail::each_window(w, [&](std::size_t oy, std::size_t ox, WindowSpan s) {
            V const share(detail::share_of<T>(w, s, zeros, oy, ox));
            each_column<T, xsimd::default_arch>(w.channels, [&](auto at) {
                V const d = at(from + (oy * w.out_width + ox) * w.channels) * share;
                for (std::size_t r = s.top; r < s.bottom; r += w.dilation_y)
                    for (std::size_t k = s.left; k < s.right; k += w.dilation_x) {
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
            V const share(T(1) / static_cast<T>((s.bottom - s.top) * (s.right - s.left)));
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
            V const share(T(1) / static_cast<T>((s.bottom - s.top) * (s.right - s.left)));
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
