// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// Rows of a table by their numbers, and gradients back to them.
namespace lamina::kernels {

/// The first i < n with index[i] < 0 or >= limit; n: none.
inline std::size_t first_outside(std::size_t n, std::int32_t const* index, std::size_t limit) {
    auto const bound = static_cast<std::uint32_t>(std::min<std::size_t>(limit, 0x80000000u));
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

namespace detail {

/// Columns of f that are taken at once where n rows are added to a table: all, unless it is worth a
/// second thread; else half, but no more than four lines of cache.
template <class T>
std::size_t column_grain(Threads* threads, std::size_t n, std::size_t f) {
    constexpr std::size_t line = 64 / sizeof(T), most = 4 * line, worth = 65536;
    if (!threads || n * f < worth || f <= line) return f;
    return std::min(most, ((f + 1) / 2 + line - 1) / line * line);
}

} // namespace detail

/// table[index[i]] += y[i], i < n in this order. Threads take columns, so that no two write to one
/// number and each sum has one order, whatever their number.
template <class T>
void scatter_add_rows(Threads* threads, std::size_t n, std::size_t f, std::int32_t const* index,
                      T const* y, T* table) {
    using V = Batch<T>;
    std::size_t const grain = detail::column_grain<T>(threads, n, f);
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

namespace detail {

/// work(batches, j, last) for stripes of up to four batches of columns, which stay in registers for
/// a whole bag: those from j on, `last` (see Columns) loads and stores the last of them.
template <class T, class Work>
LAMINA_ALWAYS_INLINE inline void each_stripe(std::size_t begin, std::size_t end, Work const& work) {
    constexpr std::size_t width = Batch<T>::size;
    using Arch = xsimd::default_arch;
    std::size_t j = begin;
    for (; j + 4 * width <= end; j += 4 * width)
        work(std::integral_constant<std::size_t, 4>{}, j, Columns<T, Arch>{j + 3 * width});
    if (j == end) return;
    std::size_t const from = j + (end - j - 1) / width * width;
    LastColumns<T, Arch> const last{from, end - from};
    if (from == j) work(std::integral_constant<std::size_t, 1>{}, j, last);
    else if (from == j + width) work(std::integral_constant<std::size_t, 2>{}, j, last);
    else if (from == j + 2 * width) work(std::integral_constant<std::size_t, 3>{}, j, last);
    else work(std::integral_constant<std::size_t, 4>{}, j, last);
}

} // namespace detail

/// y[n] = the mean or the sum over t of table[index[n, t]], rows of f numbers.
template <class T>
void sum_rows(Threads* threads, std::size_t n, std::size_t time, std::size_t f,
              std::int32_t const* index, bool masks, bool mean, T const* table, T* y) {
    using V = Batch<T>;
    std::size_t const grain = 32768 / (time * f + 1) + 1;
    parallel_for(threads, n, grain, [=](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) {
            std::int32_t const* const token = index + i * time;
            V const share(share_of_bag<T>(time, token, masks, mean));
            auto const stripe = [&](auto batches, std::size_t j, auto last) {
                V sum[batches];
                for (V& v : sum) v = V(T(0));
                for (std::size_t t = 0; t < time; ++t) {
                    if (masks && token[t] == 0) continue;
                    T const* const from = table + std::size_t(token[t]) * f;
                    for (std::size_t k = 0; k + 1 < batches; ++k)
                        sum[k] += load<V>(from + j + k * V::size);
                    sum[batches - 1] += last(from);
                }
                T* const to = y + i * f;
                for (std::size_t k = 0; k + 1 < batches; ++k)
                    kernels::store(to + j + k * V::size, sum[k] * share);
                last(to, sum[batches - 1] * share);
            };
            detail::each_stripe<T>(0, f, stripe);
        }
    });
}

/// table[index[n, t]] += y[n], or its share of the mean.
template <class T>
void scatter_add_bags(Threads* threads, std::size_t n, std::size_t time, std::size_t f,
                      std::int32_t const* index, bool masks, bool mean, T const* y, T* table) {
    using V = Batch<T>;
    constexpr std::size_t wide = 4 * V::size;
    std::size_t const grain = std::max(wide, 65536 / (n * time + 1) / wide * wide);
    parallel_for(threads, f, grain, [=](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = 0; i < n; ++i) {
            std::int32_t const* const token = index + i * time;
            V const share(share_of_bag<T>(time, token, masks, mean));
            auto const stripe = [&](auto batches, std::size_t j, auto last) {
                T const* const slope = y + i * f;
                V d[batches];
                for (std::size_t k = 0; k + 1 < batches; ++k)
                    d[k] = load<V>(slope + j + k * V::size) * share;
                d[batches - 1] = last(slope) * share;
                for (std::size_t t = 0; t < time; ++t) {
                    if (masks && token[t] == 0) continue;
                    T* const row = table + std::size_t(token[t]) * f;
                    for (std::size_t k = 0; k + 1 < batches; ++k) {
                        T* const to = row + j + k * V::size;
                        kernels::store(to, load<V>(to) + d[k]);
                    }
                    last(row, last(row) + d[batches - 1]);
                }
            };
            detail::each_stripe<T>(begin, end, stripe);
        }
    });
}

} // namespace lamina::kernels
