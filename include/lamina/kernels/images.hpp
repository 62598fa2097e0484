// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

/// Images moved about: frames, enlargements, axes exchanged.
namespace lamina::kernels {

/// An image [height, width, channels].
struct ImageSize {
    std::size_t height, width, channels;
    constexpr std::size_t size() const { return height * width * channels; }
};

/// y = x with its first pixel at (top, left) of y: what y has more is 0, what it has less is cut
/// off. The transpose is the same with -top and -left.
template <class T>
void place_images(Threads* threads, std::size_t batch, ImageSize in, ImageSize out,
                  std::ptrdiff_t top, std::ptrdiff_t left, T const* x, T* y) {
    std::size_t const grain = 32768 / (out.size() + 1) + 1;
    auto const width = static_cast<std::ptrdiff_t>(out.width);
    auto const first = std::clamp<std::ptrdiff_t>(left, 0, width),
               end = std::clamp<std::ptrdiff_t>(left + static_cast<std::ptrdiff_t>(in.width), first,
                                                width);
    auto const before = static_cast<std::size_t>(first) * out.channels,
               count = static_cast<std::size_t>(end - first) * out.channels,
               skipped = static_cast<std::size_t>(first - left) * in.channels;
    parallel_for(threads, batch, grain, [=](std::size_t begin, std::size_t stop, std::size_t) {
        for (std::size_t r = begin * out.height; r < stop * out.height; ++r) {
            T* const to = y + r * out.width * out.channels;
            auto const row =
                static_cast<std::size_t>(static_cast<std::ptrdiff_t>(r % out.height) - top);
            if (row >= in.height || count == 0) {
                std::fill_n(to, out.width * out.channels, T(0));
                continue;
            }
            T const* const from = x + (r / out.height * in.height + row) * in.width * in.channels;
            std::fill_n(to, before, T(0));
            std::copy_n(from + skipped, count, to + before);
            std::fill(to + before + count, to + out.width * out.channels, T(0));
        }
    });
}

/// y[down i + a, across j + b] = x[i, j]: each pixel becomes a block.
template <class T>
void enlarge(Threads* threads, std::size_t batch, ImageSize in, std::size_t down,
             std::size_t across, T const* x, T* y) {
    std::size_t const row = in.width * across * in.channels;
    std::size_t const grain = 32768 / (in.size() * down * across + 1) + 1;
    parallel_for(threads, batch, grain, [=](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t r = begin * in.height; r < end * in.height; ++r) {
            T* const first = y + r * down * row;
            T* to = first;
            for (std::size_t j = 0; j < in.width; ++j)
                for (std::size_t b = 0; b < across; ++b, to += in.channels)
                    std::copy_n(x + (r * in.width + j) * in.channels, in.channels, to);
            for (std::size_t a = 1; a < down; ++a) std::copy_n(first, row, first + a * row);
        }
    });
}
/// dx = the sum of each block.
template <class T>
void enlarge_dx(Threads* threads, std::size_t batch, ImageSize in, std::size_t down,
                std::size_t across, T const* dy, T* dx) {
    using V = Batch<T>;
    std::size_t const row = in.width * across * in.channels;
    std::size_t const grain = 32768 / (in.size() * down * across + 1) + 1;
    parallel_for(threads, batch, grain, [=](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t p = begin * in.height * in.width; p < end * in.height * in.width; ++p) {
            T const* const from =
                dy + p / in.width * down * row + p % in.width * across * in.channels;
            each_column<T, xsimd::default_arch>(in.channels, [&](auto at) {
                V sum(T(0));
                for (std::size_t a = 0; a < down; ++a)
                    for (std::size_t b = 0; b < across; ++b)
                        sum += at(from + a * row + b * in.channels);
                at(dx + p * in.channels, sum);
            });
        }
    });
}

/// y = x with its axes in another order: axis k of y is axis order[k] of x, whose extents are dims.
template <std::size_t Rank, class T>
void permute(Threads* threads, std::size_t batch, std::array<std::size_t, Rank> const& dims,
             std::array<std::size_t, Rank> const& order, T const* x, T* y) {
    std::array<std::size_t, Rank> stride{}, wide{}, step{};
    std::size_t size = 1;
    for (std::size_t k = Rank; k-- > 0; size *= dims[k]) stride[k] = size;
    for (std::size_t k = 0; k < Rank; ++k) {
        wide[k] = dims[order[k]];
        step[k] = stride[order[k]];
    }
    std::size_t const last = Rank - 1, rows = size / wide[last], grain = 32768 / (size + 1) + 1;
    parallel_for(threads, batch, grain, [=](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t n = begin; n < end; ++n)
            for (std::size_t r = 0; r < rows; ++r) {
                std::size_t from = n * size, rest = r;
                for (std::size_t k = last; k-- > 0; rest /= wide[k])
                    from += rest % wide[k] * step[k];
                T* const to = y + n * size + r * wide[last];
                for (std::size_t j = 0; j < wide[last]; ++j) to[j] = x[from + j * step[last]];
            }
    });
}

} // namespace lamina::kernels
