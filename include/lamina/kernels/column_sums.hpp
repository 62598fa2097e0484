// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>

namespace lamina::kernels::detail {

/// db += column sums of dy.
template <class T>
[[gnu::noinline]] void add_column_sums(std::size_t rows, std::size_t n, T const* dy, T* db,
                                       Threads* threads) {
    using V = Batch<T>;
    constexpr std::size_t step = 4 * V::size; // columns that are summed together
    auto const columns = [&](std::size_t begin, std::size_t end, std::size_t) {
        std::size_t j = begin;
        for (; j + step <= end; j += step) {
            V sum[4]{V(T{0}), V(T{0}), V(T{0}), V(T{0})};
            for (std::size_t r = 0; r < rows; ++r) {
                LAMINA_UNROLL
                for (std::size_t c = 0; c < 4; ++c) sum[c] += load<V>(dy + r * n + j + c * V::size);
            }
            LAMINA_UNROLL
            for (std::size_t c = 0; c < 4; ++c) {
                T* const to = db + j + c * V::size;
                kernels::store(to, load<V>(to) + sum[c]);
            }
        }
        for (; j < end; j += V::size) {
            std::size_t const count = std::min(end - j, V::size);
            V sum(T{0});
            for (std::size_t r = 0; r < rows; ++r) sum += load<V>(dy + r * n + j, count);
            kernels::store(db + j, load<V>(db + j, count) + sum, count);
        }
    };
    std::size_t const grain = std::max<std::size_t>(1, 65536 / (rows + 1) / step) * step;
    parallel_for(threads, n, grain, columns);
}

} // namespace lamina::kernels::detail
