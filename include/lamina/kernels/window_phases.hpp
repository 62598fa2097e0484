// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/windows.hpp>

#include <cstddef>
#include <numeric>

/// The gradient of a convolution towards x as convolutions of dy: with a stride, pixels of x that
/// were under the same taps are one of their own.
namespace lamina::kernels::detail {

/// Where y goes that a convolution makes: from one row, one pixel and one image to the next.
struct LanePlace {
    std::size_t row, pixel, image;
};

/// Pixels one behind the other.
constexpr LanePlace pixels_in_order(Windows const& w, std::size_t made) {
    return {w.out_width * made, made, w.out_pixels() * made};
}

/// Along one axis the pixels first, first + stride, ... of x: which taps they were under, all of
/// them, and the windows on dy that say so with stride 1.
struct AxisPhase {
    std::size_t tap, step, taps = 0, pixels = 0, dilation; // taps tap, tap + step, ...
    std::ptrdiff_t before = 0;
    constexpr AxisPhase(std::size_t first, std::size_t in, std::size_t kernel, std::size_t stride,
                        std::size_t dilated, std::ptrdiff_t zeros) {
        std::size_t const common = std::gcd(stride, dilated);
        auto const apart = static_cast<std::ptrdiff_t>(stride);
        step = stride / common;
        dilation = dilated / common;
        auto const from = [&](std::size_t t) { // how far behind a window's begin
            return static_cast<std::ptrdiff_t>(first) + zeros -
                   static_cast<std::ptrdiff_t>(t * dilated);
        };
        tap = 0;
        while (tap < kernel && from(tap) % apart != 0) ++tap;
        if (tap < kernel) taps = (kernel - tap + step - 1) / step;
        if (first < in) pixels = (in - first + stride - 1) / stride;
        if (taps > 0)
            before = static_cast<std::ptrdiff_t>((taps - 1) * dilation) - from(tap) / apart;
    }
};

/// One of these convolutions.
struct WindowPhase {
    AxisPhase down, across;
    Windows const* forward;
    Windows windows;   // on dy
    std::size_t first; // pixel of x

    /// The tap of the forward windows that tap t is: the last one comes first.
    constexpr std::size_t tap(std::size_t t) const {
        std::size_t const ty = down.taps - 1 - t / across.taps,
                          tx = across.taps - 1 - t % across.taps;
        return (down.tap + ty * down.step) * forward->kernel_width + across.tap + tx * across.step;
    }
    /// Where its pixels go, of `seen` numbers.
    constexpr LanePlace place(std::size_t seen) const {
        Windows const& w = *forward;
        return {w.stride_y * w.width * seen, w.stride_x * seen, w.pixels() * seen};
    }
};

/// f(WindowPhase) for all of them; dy's pixels have `made` numbers.
template <class F>
constexpr void each_phase(Windows const& w, std::size_t made, F const& f) {
    for (std::size_t a = 0; a < w.stride_y; ++a)
        for (std::size_t b = 0; b < w.stride_x; ++b) {
            AxisPhase const down(a, w.height, w.kernel_height, w.stride_y, w.dilation_y, w.top),
                across(b, w.width, w.kernel_width, w.stride_x, w.dilation_x, w.left);
            if (down.pixels * across.pixels == 0) continue;
            f(WindowPhase{down,
                          across,
                          &w,
                          {w.out_height, w.out_width, made, down.pixels, across.pixels, down.taps,
                           across.taps, 1, 1, down.dilation, across.dilation, down.before,
                           across.before},
                          a * w.width + b});
        }
}

} // namespace lamina::kernels::detail
