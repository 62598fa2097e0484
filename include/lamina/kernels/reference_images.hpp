// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

/// The plain twins of convolution.hpp, pooling.hpp and bilinear.hpp, for tests: everything is added
/// to what is there.
namespace lamina::kernels::reference {

/// f(x's pixel, y's pixel, tap) for each tap of each window that lies within its image.
template <class F>
void each_tap(Windows const& w, std::size_t batch, F const& f) {
    for (std::size_t n = 0; n < batch; ++n)
        for (std::size_t o = 0; o < w.out_pixels(); ++o)
            for (std::size_t t = 0; t < w.taps(); ++t) {
                auto const y = static_cast<std::ptrdiff_t>(o / w.out_width * w.stride_y +
                                                           t / w.kernel_width * w.dilation_y) -
                               w.top;
                auto const x = static_cast<std::ptrdiff_t>(o % w.out_width * w.stride_x +
                                                           t % w.kernel_width * w.dilation_x) -
                               w.left;
                if (y < 0 || x < 0 || y >= static_cast<std::ptrdiff_t>(w.height) ||
                    x >= static_cast<std::ptrdiff_t>(w.width))
                    continue;
                f((n * w.height + static_cast<std::size_t>(y)) * w.width +
                      static_cast<std::size_t>(x),
                  n * w.out_pixels() + o, t);
            }
}

/// y += x * kernel, dkernel += x' dy, dx += dy * kernel'; what is null is left out.
template <class T>
void convolution(Windows const& w, std::size_t filters, std::size_t groups, std::size_t batch,
                 T const* x, T const* kernel, T* y, T const* dy, T* dkernel, T* dx) {
    std::size_t const channels = w.channels / groups, share = filters / groups;
    each_tap(w, batch, [&](std::size_t in, std::size_t out, std::size_t t) {
        for (std::size_t i = 0; i < w.channels; ++i) {
            std::size_t const from = in * w.channels + i, c = i % channels, group = i / channels;
            T const value = x[from];
            T slope = 0;
            for (std::size_t f = group * share; f < (group + 1) * share; ++f) {
                std::size_t const to = out * filters + f, k = (t * channels + c) * filters + f;
                if (y) y[to] += value * kernel[k];
                if (dkernel) dkernel[k] += value * dy[to];
                if (dx) slope += dy[to] * kernel[k];
            }
            if (dx) dx[from] += slope;
        }
    });
}

/// y = the largest, sum += the sum, count += how many.
template <class T>
void pool(Windows const& w, std::size_t batch, T const* x, T* largest, T* sum, T* count) {
    each_tap(w, batch, [&](std::size_t in, std::size_t out, std::size_t) {
        for (std::size_t c = 0; c < w.channels; ++c) {
            std::size_t const to = out * w.channels + c;
            largest[to] = std::max(largest[to], x[in * w.channels + c]);
            sum[to] += x[in * w.channels + c];
            count[to] += T(1);
        }
    });
}

/// y += x with `down` times the rows and `across` times the pixels, linearly between their centres;
/// dx += its transpose of dy.
template <class T>
void enlarge_bilinear(std::size_t batch, std::size_t height, std::size_t width,
                      std::size_t channels, std::size_t down, std::size_t across, T const* x, T* y,
                      T const* dy, T* dx) {
    auto const weight = [](std::size_t n, std::size_t times, std::size_t o, std::size_t i) {
        T const at = (T(o) + T(0.5)) / T(times) - T(0.5);
        T const inside = std::clamp(at, T(0), T(n - 1));
        return std::max(T(0), T(1) - std::abs(inside - T(i)));
    };
    std::size_t const out = height * down * width * across;
    for (std::size_t n = 0; n < batch; ++n)
        for (std::size_t o = 0; o < out; ++o)
            for (std::size_t i = 0; i < height * width; ++i) {
                T const w = weight(height, down, o / (width * across), i / width) *
                            weight(width, across, o % (width * across), i % width);
                for (std::size_t c = 0; c < channels; ++c) {
                    std::size_t const to = (n * out + o) * channels + c,
                                      from = (n * height * width + i) * channels + c;
                    y[to] += w * x[from];
                    dx[from] += w * dy[to];
                }
            }
}

} // namespace lamina::kernels::reference
