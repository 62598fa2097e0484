// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/images.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>

/// Images made larger by a whole factor, linearly between the centres of their pixels.
namespace lamina::kernels {

/// Where a number lies among n: between first and second, `share` of the way.
template <class T>
struct Between {
    std::size_t first, second;
    T share;

    /// The o-th of n `times`: at (o + 1/2) / times - 1/2, but no further out than the first and the
    /// last. In units of 1 / (2 times), and 1 up, so that it is a whole number from 0 on.
    static constexpr Between of(std::size_t n, std::size_t times, std::size_t o) {
        std::size_t const unit = 2 * times, at = 2 * o + 1 + times, second = at / unit;
        return {second - (second > 0), std::min(second, n - 1), T(at % unit) / T(unit)};
    }
    /// What number i counts.
    constexpr T weight(std::size_t i) const {
        return (first == i ? T{1} - share : T{0}) + (second == i ? share : T{0});
    }
};

/// The numbers of n `times` that number i of n counts in: [begin, end), at most 2 times of them. In
/// between those whose distance from it is less than one number; all beyond the first and the last.
struct Reach {
    std::size_t begin, end;
    constexpr Reach(std::size_t n, std::size_t times, std::size_t i)
        : begin(i > 0 ? (2 * i * times - times - 1) / 2 + 1 : 0),
          end(i + 1 < n ? (2 * i * times + 3 * times) / 2 : n * times) {}
};

/// Numbers of room for each thread.
constexpr std::size_t bilinear_scratch(ImageSize in, std::size_t down, std::size_t across) {
    return in.width * across * in.channels + 2 * std::max(down, across); // a row, and weights
}

/// y = x down and across times as large: first between two rows of x, then between two pixels.
template <class T>
void enlarge_bilinear(Threads* threads, std::size_t batch, ImageSize in, std::size_t down,
                      std::size_t across, T const* x, T* y, T* scratch) {
    using V = Batch<T>;
    std::size_t const f = in.channels, row = in.width * f, wide = row * across,
                      height = in.height * down, room = bilinear_scratch(in, down, across);
    std::size_t const grain = 32768 / (wide + 1) + 1;
    auto const blend = [](std::size_t n, T const* a, T const* b, T share, T* to) {
        each_column<T, xsimd::default_arch>(n, [&](auto at) {
            V const first = at(a);
            at(to, kernels::fma(V(share), at(b) - first, first));
        });
    };
    parallel_for(threads, batch * height, grain,
                 [=](std::size_t from, std::size_t end, std::size_t worker) {
                     T* const between = scratch + worker * room;
                     for (std::size_t r = from; r < end; ++r) {
                         T const* const image = x + r / height * in.height * row;
                         auto const rows = Between<T>::of(in.height, down, r % height);
                         blend(row, image + rows.first * row, image + rows.second * row, rows.share,
                               between);
                         for (std::size_t p = 0; p < in.width * across; ++p) {
                             auto const pixels = Between<T>::of(in.width, across, p);
                             blend(f, between + pixels.first * f, between + pixels.second * f,
                                   pixels.share, y + r * wide + p * f);
                         }
                     }
                 });
}
/// dx = the transpose: each pixel gathers what it counted in, rows first.
template <class T>
void enlarge_bilinear_dx(Threads* threads, std::size_t batch, ImageSize in, std::size_t down,
                         std::size_t across, T const* dy, T* dx, T* scratch) {
    using V = Batch<T>;
    std::size_t const f = in.channels, row = in.width * f, wide = row * across,
                      height = in.height * down, room = bilinear_scratch(in, down, across);
    std::size_t const grain = 32768 / (wide * down + 1) + 1;
    // to = the sum of what counts of `count` numbers, made `times` as many: n numbers wide steps of
    // `from`, each by its weight
    auto const gather = [](std::size_t n, std::size_t count, std::size_t times, std::size_t i,
                           T const* from, T* to, T* weights) {
        Reach const reach{count, times, i};
        std::size_t const taps = reach.end - reach.begin;
        for (std::size_t o = 0; o < taps; ++o)
            weights[o] = Between<T>::of(count, times, reach.begin + o).weight(i);
        from += reach.begin * n;
        each_column<T, xsimd::default_arch>(n, [&](auto at) {
            V sum = V(weights[0]) * at(from);
            for (std::size_t o = 1; o < taps; ++o)
                sum = kernels::fma(V(weights[o]), at(from + o * n), sum);
            at(to, sum);
        });
    };
    parallel_for(threads, batch * in.height, grain,
                 [=](std::size_t from, std::size_t end, std::size_t worker) {
                     T *const between = scratch + worker * room, *const weights = between + wide;
                     for (std::size_t r = from; r < end; ++r) {
                         gather(wide, in.height, down, r % in.height,
                                dy + r / in.height * height * wide, between, weights);
                         for (std::size_t j = 0; j < in.width; ++j)
                             gather(f, in.width, across, j, between, dx + r * row + j * f, weights);
                     }
                 });
}

} // namespace lamina::kernels
