// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace lamina::kernels {

/// The sum of f(from[i]...) for i < n, f a function of batches with f(0...) = 0. It is taken in at
/// most eight pieces, each by one thread, added in order: its bits do not depend on the threads.
template <class Arch = xsimd::default_arch, class T, class F, class... From>
T sum(Threads* threads, std::size_t n, F const& f, T const* first_from, From const*... from) {
    using V = Batch<T, Arch>;
    constexpr std::size_t pieces = 8, step = V::size;
    std::size_t const grain =
        std::max((n + pieces - 1) / pieces / step * step + step, std::size_t{8192});
    std::array<T, pieces> part{};
    parallel_for(threads, n, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        V a(T{0}), b(T{0}), c(T{0}), d(T{0}); // four chains hide the latency of the addition
        auto const at = [&](std::size_t i) {
            return f(load<V>(first_from + i), load<V>(from + i)...);
        };
        std::size_t i = begin;
        for (; i + 4 * step <= end; i += 4 * step) {
            a += at(i);
            b += at(i + step);
            c += at(i + 2 * step);
            d += at(i + 3 * step);
        }
        for (; i + step <= end; i += step) a += at(i);
        if (i < end) b += f(load<V>(first_from + i, end - i), load<V>(from + i, end - i)...);
        V const all = (a + b) + (c + d);
        part[begin / grain] = reduce_add(all);
    });
    T total{0};
    for (T const p : part) total += p;
    return total;
}

} // namespace lamina::kernels
