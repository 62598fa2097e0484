// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>

/// What each window sees of an image, for layers that look at its pixels one by one.
namespace lamina::kernels {

/// The rows and columns of the image that a window sees: from top and left on, in steps of the
/// windows' dilation, before bottom and right.
struct WindowSpan {
    std::size_t top, bottom, left, right;
};

namespace detail {

/// Along one axis: the first number that a window from `first` on sees, and the end behind its
/// last.
struct AxisSpan {
    std::size_t begin, end;
    constexpr AxisSpan(std::ptrdiff_t first, std::size_t taps, std::size_t step, std::size_t in) {
        auto const apart = static_cast<std::ptrdiff_t>(step),
                   room = static_cast<std::ptrdiff_t>(in),
                   behind = first + static_cast<std::ptrdiff_t>((taps - 1) * step + 1);
        if (first < 0) first += (apart - 1 - first) / apart * apart;
        begin = static_cast<std::size_t>(std::min(first, room));
        end =
            std::max(begin, static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(behind, 0, room)));
    }
};
/// f(y, x, span) for the windows of the rows [begin, end) of what comes out of one image.
template <class F>
LAMINA_ALWAYS_INLINE inline void each_window(Windows const& w, std::size_t begin, std::size_t end,
                                             F const& f) {
    for (std::size_t y = begin; y < end; ++y) {
        AxisSpan const down(static_cast<std::ptrdiff_t>(y * w.stride_y) - w.top, w.kernel_height,
                            w.dilation_y, w.height);
        for (std::size_t x = 0; x < w.out_width; ++x) {
            AxisSpan const across(static_cast<std::ptrdiff_t>(x * w.stride_x) - w.left,
                                  w.kernel_width, w.dilation_x, w.width);
            f(y, x, WindowSpan{down.begin, down.end, across.begin, across.end});
        }
    }
}

template <class F>
LAMINA_ALWAYS_INLINE inline void each_window(Windows const& w, F const& f) {
    each_window(w, 0, w.out_height, f);
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
    return w.stride_y > (w.kernel_height - 1) * w.dilation_y &&
           w.stride_x > (w.kernel_width - 1) * w.dilation_x;
}

} // namespace detail

/// The pixels of output pixel (y, x) where an image is cut into out_height x out_width parts that
/// are as equal as can be; neighbours overlap where the numbers do not divide.
constexpr WindowSpan part_span(Windows const& w, std::size_t y, std::size_t x) {
    return {y * w.height / w.out_height, ((y + 1) * w.height + w.out_height - 1) / w.out_height,
            x * w.width / w.out_width, ((x + 1) * w.width + w.out_width - 1) / w.out_width};
}

} // namespace lamina::kernels
