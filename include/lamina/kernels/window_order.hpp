// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace lamina::kernels::detail {

/// Windows of one piece of work.
inline constexpr std::size_t piece_windows = 504;

/// Where a window begins: its first number, counted from x[0], and its row and column.
struct WindowStart {
    std::ptrdiff_t at, row, column;
    std::size_t pixel;
};

/// The windows [first, first + n), those together that see the same of their kernel, first those
/// that see all of it: a tile leaves out the taps that none of its windows sees.
struct WindowOrder {
    std::array<WindowStart, piece_windows> starts;
    std::size_t count, inside; // inside: how many see all

    WindowOrder(Windows const& w, std::size_t first, std::size_t n) : count(n) {
        // above, beside, below: once round the image
        static constexpr std::size_t place[3][3]{{1, 2, 3}, {8, 0, 4}, {7, 6, 5}};
        std::array<std::size_t, 10> begin{};
        auto const signed_of = [](std::size_t i) { return static_cast<std::ptrdiff_t>(i); };
        std::ptrdiff_t const height = signed_of(w.height), width = signed_of(w.width),
                             channels = signed_of(w.channels), step = signed_of(w.stride_x),
                             tall = signed_of((w.kernel_height - 1) * w.dilation_y),
                             broad = signed_of((w.kernel_width - 1) * w.dilation_x);
        // columns of y left of the middle, and in it
        auto const bound = [&](std::ptrdiff_t at) {
            return static_cast<std::size_t>(
                std::clamp<std::ptrdiff_t>((at + step - 1) / step, 0, signed_of(w.out_width)));
        };
        std::size_t const left = bound(std::max<std::ptrdiff_t>(w.left, 0)),
                          right = std::max(
                              left, bound(std::max<std::ptrdiff_t>(width - broad + w.left, 0))),
                          ends[]{left, right, w.out_width};
        // f(place, image, row of x, y's column, how many)
        auto const each_stretch = [&](auto const& f) {
            std::size_t image = first / w.out_pixels(), y = first % w.out_pixels() / w.out_width,
                        x = first % w.out_width;
            for (std::size_t rest = n; rest > 0;) {
                std::ptrdiff_t const row = signed_of(y * w.stride_y) - w.top;
                std::size_t const side = row < 0 ? 0 : row + tall < height ? 1 : 2;
                for (std::size_t part = 0; part < 3 && rest > 0; ++part)
                    if (x < ends[part]) {
                        std::size_t const some = std::min(ends[part] - x, rest);
                        f(place[side][part], signed_of(image), row, x, some);
                        x += some;
                        rest -= some;
                    }
                x = 0;
                if (++y == w.out_height) y = 0, ++image;
            }
        };
        each_stretch([&](std::size_t at, std::ptrdiff_t, std::ptrdiff_t, std::size_t,
                         std::size_t some) { begin[at + 1] += some; });
        inside = begin[1];
        for (std::size_t k = 1; k < begin.size(); ++k) begin[k] += begin[k - 1];
        std::size_t pixel = first;
        each_stretch([&](std::size_t at, std::ptrdiff_t image, std::ptrdiff_t row, std::size_t x,
                         std::size_t some) {
            WindowStart* to = starts.data() + begin[at];
            begin[at] += some;
            std::ptrdiff_t column = signed_of(x * w.stride_x) - w.left;
            std::ptrdiff_t number = ((image * height + row) * width + column) * channels;
            for (std::size_t i = 0; i < some; ++i, column += step, number += step * channels)
                *to++ = {number, row, column, pixel++};
        });
    }
};

} // namespace lamina::kernels::detail
