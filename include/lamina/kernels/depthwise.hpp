// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>

/// Convolution of each channel by itself: y[pixel, c, m] = sum over the window's taps t of
/// x[t, c] kernel[t, c, m] + bias[c, m], `multiplier` numbers m for each channel c. There is no
/// matrix product in it: batches of channels are multiplied number by number.
namespace lamina::kernels {

namespace detail {

/// f(input pixel, tap) for what the window (y, x) sees of one image.
template <class F>
[[gnu::always_inline]] inline void each_tap(Windows const& w, std::size_t y, std::size_t x,
                                            F const& f) {
    for (std::size_t ty = 0; ty < w.kernel_height; ++ty) {
        std::size_t const iy = w.row(y, ty);
        if (iy >= w.height) continue;
        for (std::size_t tx = 0; tx < w.kernel_width; ++tx) {
            std::size_t const ix = w.column(x, tx);
            if (ix < w.width) f(iy * w.width + ix, ty * w.kernel_width + tx);
        }
    }
}

/// to[c, m] = each of from's n numbers, `times` times.
template <class T>
[[gnu::always_inline]] inline void repeat_each(std::size_t n, std::size_t times, T const* from,
                                               T* to) {
    for (std::size_t c = 0; c < n; ++c)
        for (std::size_t m = 0; m < times; ++m) to[c * times + m] = from[c];
}

} // namespace detail

/// Numbers of scratch memory for each worker: one pixel with its channels repeated.
constexpr std::size_t depthwise_scratch(Windows const& w, std::size_t multiplier) {
    return multiplier == 1 ? 0 : w.channels * multiplier;
}

template <class T>
void depthwise(Windows const& w, std::size_t multiplier, std::size_t batch, T const* x,
               T const* kernel, T const* bias, T* y, T* scratch, Threads* threads) {
    using V = Batch<T>;
    std::size_t const f = w.channels * multiplier;
    std::size_t const grain = 16384 / (w.out_width * f * w.taps() + 1) + 1;
    parallel_for(
        threads, batch * w.out_height, grain,
        [&](std::size_t begin, std::size_t end, std::size_t worker) {
            T* const own = scratch + worker * depthwise_scratch(w, multiplier);
            for (std::size_t row = begin; row < end; ++row) {
                T const* const image = x + row / w.out_height * w.pixels() * w.channels;
                for (std::size_t ox = 0; ox < w.out_width; ++ox) {
                    T* const to = y + (row * w.out_width + ox) * f;
                    if (multiplier == 1) {
                        each_column<T, xsimd::default_arch>(f, [&](auto at) {
                            V sum = bias ? at(bias) : V(T(0));
                            detail::each_tap(
                                w, row % w.out_height, ox, [&](std::size_t p, std::size_t t) {
                                    sum = fma(at(image + p * f), at(kernel + t * f), sum);
                                });
                            at(to, sum);
                        });
                        continue;
                    }
                    if (bias) std::copy_n(bias, f, to);
                    else std::fill_n(to, f, T(0));
                    detail::each_tap(w, row % w.out_height, ox, [&](std::size_t p, std::size_t t) {
                        detail::repeat_each(w.channels, multiplier, image + p * w.channels, own);
                        each_column<T, xsimd::default_arch>(f, [&](auto at) {
                            at(to, fma(at(static_cast<T const*>(own)), at(kernel + t * f),
                                       at(static_cast<T const*>(to))));
                        });
                    });
                }
            }
        });
}

/// dkernel += the sum over all windows of what each saw times dy; dbias += column sums of dy, or
/// null.
template <class T>
void depthwise_gradients(Windows const& w, std::size_t multiplier, std::size_t batch, T const* x,
                         T const* dy, T* dkernel, T* dbias, Threads* threads) {
    using V = Batch<T>;
    std::size_t const f = w.channels * multiplier, line = std::max<std::size_t>(V::size, 16);
    std::size_t const pixels = w.out_pixels();
    // threads take channels, so that each sum has one order
    std::size_t const grain = multiplier == 1 ? line : f;
    parallel_for(threads, f, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = 0; i < batch * pixels; ++i) {
            T const *const image = x + i / pixels * w.pixels() * w.channels, *const d = dy + i * f;
            std::size_t const oy = i % pixels / w.out_width, ox = i % w.out_width;
            for (std::size_t j = begin; dbias && j < end; ++j) dbias[j] += d[j];
            detail::each_tap(w, oy, ox, [&](std::size_t p, std::size_t t) {
                T const* const seen = image + p * w.channels;
                T* const to = dkernel + t * f;
                if (multiplier > 1) {
                    for (std::size_t j = begin; j < end; ++j) to[j] += seen[j / multiplier] * d[j];
                    return;
                }
                for (std::size_t j = begin; j < end; j += V::size) {
                    std::size_t const n = std::min(V::size, end - j);
                    kernels::store(to + j,
                                   fma(load<V>(seen + j, n), load<V>(d + j, n), load<V>(to + j, n)),
                                   n);
                }
            });
        }
    });
}

/// dx = the transpose of the convolution of dy.
template <class T>
void depthwise_dx(Windows const& w, std::size_t multiplier, std::size_t batch, T const* dy,
                  T const* kernel, T* dx, Threads* threads) {
    using V = Batch<T>;
    std::size_t const f = w.channels * multiplier, size = w.pixels() * w.channels;
    std::size_t const grain = 16384 / (w.out_pixels() * f * w.taps() + 1) + 1;
    parallel_for(threads, batch, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        std::fill_n(dx + begin * size, (end - begin) * size, T(0));
        for (std::size_t i = begin * w.out_pixels(); i < end * w.out_pixels(); ++i) {
            T const* const d = dy + i * f;
            T* const image = dx + i / w.out_pixels() * size;
            std::size_t const oy = i % w.out_pixels() / w.out_width, ox = i % w.out_width;
            detail::each_tap(w, oy, ox, [&](std::size_t p, std::size_t t) {
                T* const to = image + p * w.channels;
                T const* const k = kernel + t * f;
                if (multiplier > 1) {
                    for (std::size_t j = 0; j < f; ++j) to[j / multiplier] += d[j] * k[j];
                    return;
                }
                each_column<T, xsimd::default_arch>(f, [&](auto at) {
                    at(to, V(fma(at(d), at(k), at(static_cast<T const*>(to)))));
                });
            });
        }
    });
}

} // namespace lamina::kernels
