// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// Rows of a table by their numbers, and gradients back to them.
namespace lamina::kernels {

/// The first i < n with index[i] < 0 or >= limit; n: none.
inline std::size_t first_outside(std::size_t n, std::int32_t const* index, std::size_t limit) {
    auto const bound = static_cast<std::uint32_t>(std::min<std::size_t>(limit, 0x7fffffffu));
    constexpr std::size_t block = 64; // without a branch inside: compilers vectorise it
    std::size_t i = 0;
    for (; i + block <= n; i += block) {
        std::uint32_t bad = 0;
        for (std::size_t k = 0; k < block; ++k)
            bad |= std::uint32_t(static_cast<std::uint32_t>(index[i + k]) >= bound);
        if (bad) break;
    }
    for (; i < n; ++i)
        if (static_cast<std::uint32_t>(index[i]) >= bound) return i;
    return n;
}

/// y[i] = table[index[i]], i < n, rows of f numbers.
template <class T>
void gather_rows(Threads* threads, std::size_t n, std::size_t f, std::int32_t const* index,
                 T const* table, T* y) {
    std::size_t const grain = 32768 / (f + 1) + 1;
    parallel_for(threads, n, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i)
            std::copy_n(table + std::size_t(index[i]) * f, f, y + i * f);
    });
}

/// table[index[i]] += y[i], i < n in this order. Threads take columns, so that no two write to one
/// number and each sum has one order.
template <class T>
void scatter_add_rows(Threads* threads, std::size_t n, std::size_t f, std::int32_t const* index,
                      T const* y, T* table) {
    using V = Batch<T>;
    std::size_t const line = 64 / sizeof(T), grain = std::max(line, 65536 / (n + 1) / line * line);
    parallel_for(threads, f, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = 0; i < n; ++i) {
            T const* const from = y + i * f;
            T* const to = table + std::size_t(index[i]) * f;
            std::size_t j = begin;
            for (; j + V::size <= end; j += V::size)
                kernels::store(to + j, load<V>(to + j) + load<V>(from + j));
            if (j < end)
                kernels::store(to + j, load<V>(to + j, end - j) + load<V>(from + j, end - j),
                               end - j);
        }
    });
}

} // namespace lamina::kernels
