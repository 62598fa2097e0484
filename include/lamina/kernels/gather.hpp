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

/// What each of a bag's `time` tokens counts, 0 being one that does not where `masks` says so: 1,
/// or with `mean` 1 / how many count.
template <class T>
T share_of_bag(std::size_t time, std::int32_t const* index, bool masks, bool mean) {
    if (!mean) return T(1);
    std::size_t count = time;
    if (masks)
        for (std::size_t t = 0; t < time; ++t) count -= index[t] == 0;
    return count > 0 ? T(1) / static_cast<T>(count) : T(0);
}

/// y[n] = the mean or the sum over t of table[index[n, t]], rows of f numbers.
template <class T>
void sum_rows(Threads* threads, std::size_t n, std::size_t time, std::size_t f,
              std::int32_t const* index, bool masks, bool mean, T const* table, T* y) {
    using V = Batch<T>;
    constexpr std::size_t wide = 4; // batches of columns that are summed together
    std::size_t const grain = 32768 / (time * f + 1) + 1;
    parallel_for(threads, n, grain, [=](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) {
            std::int32_t const* const token = index + i * time;
            V const share(share_of_bag<T>(time, token, masks, mean));
            std::size_t j = 0;
            for (; j + wide * V::size <= f; j += wide * V::size) {
                V sum[wide]{V(T(0)), V(T(0)), V(T(0)), V(T(0))};
                for (std::size_t t = 0; t < time; ++t) {
                    if (masks && token[t] == 0) continue;
                    T const* const from = table + std::size_t(token[t]) * f + j;
                    for (std::size_t k = 0; k < wide; ++k) sum[k] += load<V>(from + k * V::size);
                }
                for (std::size_t k = 0; k < wide; ++k)
                    kernels::store(y + i * f + j + k * V::size, sum[k] * share);
            }
            for (; j < f; j += V::size) {
                std::size_t const count = std::min(V::size, f - j);
                V sum(T(0));
                for (std::size_t t = 0; t < time; ++t)
                    if (!masks || token[t] != 0)
                        sum += load<V>(table + std::size_t(token[t]) * f + j, count);
                kernels::store(y + i * f + j, sum * share, count);
            }
        }
    });
}

/// table[index[n, t]] += y[n], or its share of the mean.
template <class T>
void scatter_add_bags(Threads* threads, std::size_t n, std::size_t time, std::size_t f,
                      std::int32_t const* index, bool masks, bool mean, T const* y, T* table) {
    using V = Batch<T>;
    constexpr std::size_t wide = 4 * V::size; // columns that stay in registers for a whole bag
    std::size_t const grain = std::max(wide, 65536 / (n * time + 1) / wide * wide);
    parallel_for(threads, f, grain, [=](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = 0; i < n; ++i) {
            std::int32_t const* const token = index + i * time;
            V const share(share_of_bag<T>(time, token, masks, mean));
            std::size_t j = begin;
            for (; j + wide <= end; j += wide) {
                V d[4];
                for (std::size_t k = 0; k < 4; ++k)
                    d[k] = load<V>(y + i * f + j + k * V::size) * share;
                for (std::size_t t = 0; t < time; ++t) {
                    if (masks && token[t] == 0) continue;
                    T* const to = table + std::size_t(token[t]) * f + j;
                    for (std::size_t k = 0; k < 4; ++k)
                        kernels::store(to + k * V::size, load<V>(to + k * V::size) + d[k]);
                }
            }
            for (; j < end; j += V::size) {
                std::size_t const count = std::min(V::size, end - j);
                V const d = load<V>(y + i * f + j, count) * share;
                for (std::size_t t = 0; t < time; ++t) {
                    if (masks && token[t] == 0) continue;
                    T* const to = table + std::size_t(token[t]) * f + j;
                    kernels::store(to, load<V>(to, count) + d, count);
                }
            }
        }
    });
}

} // namespace lamina::kernels
