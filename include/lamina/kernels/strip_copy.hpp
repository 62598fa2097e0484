// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/window_phases.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// Strips: what some rows of windows see, copied once, with the zeros around the image, to where it
/// stays near. In it each tap lies equally far from the begin of every window.
namespace lamina::kernels::detail {

/// Pixels from the first to the last that a window sees along one axis, at least one.
constexpr std::size_t reach(std::size_t taps, std::size_t dilation) {
    return taps > 0 ? (taps - 1) * dilation + 1 : 1;
}

/// Some columns of y and what their windows see, for rows of y that come later.
struct StripColumns {
    std::size_t count;   // of y
    std::size_t wide;    // pixels of x
    std::ptrdiff_t left; // the first of them
    constexpr StripColumns(Windows const& w, std::size_t from, std::size_t n)
        : count(n), wide((n - 1) * w.stride_x + reach(w.kernel_width, w.dilation_x)),
          left(static_cast<std::ptrdiff_t>(from * w.stride_x) - w.left) {}
};

/// Rows of x that `rows` rows of windows see.
constexpr std::size_t seen_rows(Windows const& w, std::size_t rows) {
    return (rows - 1) * w.stride_y + reach(w.kernel_height, w.dilation_y);
}

/// The rows of the window of row y that are in the image: from row `tap` on so many.
struct InsideTaps {
    std::size_t tap = 0, taps;
    InsideTaps(Windows const& w, std::size_t y) : taps(w.kernel_height) {
        while (taps > 0 && w.row(y, tap) >= w.height) ++tap, --taps;
        while (taps > 0 && w.row(y, tap + taps - 1) >= w.height) --taps;
    }
    bool operator==(InsideTaps const&) const = default;
};

/// copy(pixels, from, to) for what windows from row `top` of y on see of an image, row by row, and
/// zeros beside; to[rows, wide, numbers].
template <class T, class Copy>
LAMINA_ALWAYS_INLINE inline void each_strip_row(Windows const& w, StripColumns const& s,
                                                std::size_t top, std::size_t rows, T const* image,
                                                std::size_t numbers, T* to, Copy const& copy) {
    auto const inside = [](std::ptrdiff_t at, std::size_t end) {
        return static_cast<std::size_t>(
            std::clamp<std::ptrdiff_t>(at, 0, static_cast<std::ptrdiff_t>(end)));
    };
    auto const wide = static_cast<std::ptrdiff_t>(s.wide);
    std::size_t const begin = inside(s.left, w.width), end = inside(s.left + wide, w.width),
                      before = begin < end ? inside(-s.left, s.wide) * numbers : 0,
                      count = (end - begin) * numbers, all = s.wide * numbers;
    for (std::size_t r = 0; r < rows; ++r, to += all) {
        std::size_t const row = w.row(top, 0) + r;
        if (row >= w.height) {
            std::fill_n(to, all, T{0});
            continue;
        }
        std::fill_n(to, before, T{0});
        copy(end - begin, image + (row * w.width + begin) * w.channels, to + before);
        std::fill(to + before + count, to + all, T{0});
    }
}
/// to[rows, wide, numbers] = what windows from row `top` of y on see of an image: of each pixel so
/// many numbers.
template <class T>
[[gnu::noinline]] void copy_strip(Windows const& w, StripColumns const& s, std::size_t top,
                                  std::size_t rows, T const* image, std::size_t numbers, T* to) {
    each_strip_row(w, s, top, rows, image, numbers, to,
                   [&w, numbers](std::size_t pixels, T const* from, T* row) {
                       if (numbers == w.channels)
                           return copy_run<false>(pixels * numbers, from, row);
                       for (; pixels > 0; --pixels, from += w.channels, row += numbers)
                           copy_run<false>(numbers, from, row);
                   });
}

/// The most numbers of a window, and of a strip.
inline constexpr std::size_t strip_depth = 1024, strip_numbers = 8192;
/// How a convolution is cut into strips: rows and columns of y.
struct StripCut {
    std::size_t rows, columns, down, across, size; // size: numbers of the largest strip
    constexpr StripCut(Windows const& w, std::size_t batch, std::size_t times = 1)
        : rows(0), columns(w.out_width), down(0), across(0), size(0) {
        std::size_t const pixel = w.stride_x * w.channels;
        if (w.out_height == 1)
            columns = std::min(columns, std::max<std::size_t>(strip_numbers / pixel, 48) / 48 * 48);
        std::size_t const row = StripColumns(w, 0, columns).wide * w.channels,
                          high = seen_rows(w, 1), most = times * strip_numbers / row;
        rows = most > high + 3 * w.stride_y ? (most - high) / w.stride_y + 1 : 4;
        if (batch == 1) rows = std::min(rows, (w.out_height + 1) / 2);
        rows = std::min(rows, w.out_height);
        down = (w.out_height + rows - 1) / rows;
        rows = (w.out_height + down - 1) / down;
        across = (w.out_width + columns - 1) / columns;
        // the last tile of a row may see pixels behind it
        size = whole_lines(seen_rows(w, rows) * row + 16 * pixel);
    }
};

/// One of an image's strips.
struct StripPlace {
    std::size_t image, top, rows, left;
    StripColumns seen;
    StripPlace(Windows const& w, StripCut const& cut, std::size_t i)
        : image(i / (cut.down * cut.across)),
          top(i % (cut.down * cut.across) / cut.across * cut.rows),
          rows(std::min(cut.rows, w.out_height - top)), left(i % cut.across * cut.columns),
          seen(w, left, std::min(cut.columns, w.out_width - left)) {}
    /// Where its pixels go.
    std::size_t begin(LanePlace const& place) const {
        return image * place.image + top * place.row + left * place.pixel;
    }
};

/// Where each number of a window lies in a strip, of each tap some numbers that are so far apart.
struct StripOffsets {
    std::int32_t at[strip_depth];
    StripOffsets(Windows const& w, std::size_t wide, std::size_t numbers, std::size_t apart) {
        std::int32_t* to = at;
        for (std::size_t y = 0; y < w.kernel_height; ++y)
            for (std::size_t x = 0; x < w.kernel_width; ++x)
                for (std::size_t c = 0; c < numbers; ++c)
                    *to++ = static_cast<std::int32_t>(
                        (y * w.dilation_y * wide + x * w.dilation_x) * w.channels + c * apart);
    }
};

} // namespace lamina::kernels::detail
