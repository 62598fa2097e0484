// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

namespace lamina::kernels {
namespace detail {

// Two batches seen as blocks of H lanes: low() has the even blocks of both (a0 b0 a2 b2 ...),
// high() the odd ones (a1 b1 a3 b3 ...). Exchanging blocks of L/2, L/4, ..., 1 lanes between rows
// that far apart transposes L rows.
template <std::size_t H, class V, std::size_t... I>
LAMINA_ALWAYS_INLINE inline V low(V const& a, V const& b, std::index_sequence<I...>) {
    return shuffle<int(I & H ? I - H + V::size : I)...>(a, b);
}
template <std::size_t H, class V, std::size_t... I>
LAMINA_ALWAYS_INLINE inline V high(V const& a, V const& b, std::index_sequence<I...>) {
    return shuffle<int(I & H ? I + V::size : I + H)...>(a, b);
}

template <std::size_t H, class V>
LAMINA_ALWAYS_INLINE inline void transpose_rows(V (&row)[V::size]) {
    if constexpr (H > 0) {
        constexpr std::make_index_sequence<V::size> all{};
        LAMINA_UNROLL
        for (std::size_t i = 0; i < V::size; ++i)
            if ((i & H) == 0) {
                V const a = row[i], b = row[i + H];
                row[i] = low<H>(a, b, all);
                row[i + H] = high<H>(a, b, all);
            }
        transpose_rows<H / 2>(row);
    }
}

/// Numbers in 16 bytes, a part of a batch: what shuffles fastest.
template <class V>
inline constexpr std::size_t in_part = 16 / sizeof(typename V::value_type);

/// Blocks of G lanes by turns from a and from b: of the first half of each part, or the second.
template <std::size_t G, std::size_t Half, class V, std::size_t... I>
LAMINA_ALWAYS_INLINE inline V zip_parts(V const& a, V const& b, std::index_sequence<I...>) {
    constexpr std::size_t P = in_part<V>;
    return shuffle<int(I / P * P + Half * (P / 2) + I % P / G / 2 * G + I % G +
                       (I / G % 2 != 0 ? V::size : 0))...>(a, b);
}

/// A batch of the parts that begin at from(0), from(1), ...
template <class V, class From>
LAMINA_ALWAYS_INLINE inline V load_parts(From const& from) {
    using T = typename V::value_type;
#if XSIMD_WITH_AVX
    if constexpr (sizeof(V) >= 32) {
        auto const part = [&](std::size_t i) {
            return _mm_loadu_ps(reinterpret_cast<float const*>(from(i)));
        };
        auto const two = [&](std::size_t i) {
            return _mm256_insertf128_ps(_mm256_castps128_ps256(part(i)), part(i + 1), 1);
        };
#if XSIMD_WITH_AVX512F
        if constexpr (sizeof(V) == 64) {
            __m512d const low = _mm512_castpd256_pd512(_mm256_castps_pd(two(0)));
            __m512d const all = _mm512_insertf64x4(low, _mm256_castps_pd(two(2)), 1);
            if constexpr (sizeof(T) == 4) return V(_mm512_castpd_ps(all));
            else return V(all);
        }
#endif
        if constexpr (sizeof(V) == 32 && sizeof(T) == 4) return V(two(0));
        else if constexpr (sizeof(V) == 32) return V(_mm256_castps_pd(two(0)));
    } else
#endif
    {
        alignas(64) T all[V::size];
        for (std::size_t i = 0; i < V::size; i += in_part<V>)
            std::memcpy(all + i, from(i / in_part<V>), 16);
        return V::load_aligned(all);
    }
}

/// The columns from j on of L rows, as many as a part has numbers: from(i) is row i, and
/// write(j, column) gets them in their order. A column is made of parts of rows that were put
/// together as they were loaded, which is no work for the unit that shuffles: of 64 shuffles for 16
/// rows of 16 there remain 48, and none of them between parts.
template <class V, class From, class Write>
LAMINA_ALWAYS_INLINE inline void transpose_part(std::size_t j, From const& from,
                                                Write const& write) {
    constexpr std::size_t P = in_part<V>;
    constexpr std::make_index_sequence<V::size> all{};
    V row[P];
    LAMINA_UNROLL
    for (std::size_t r = 0; r < P; ++r)
        row[r] = load_parts<V>([&](std::size_t part) { return from(r + part * P) + j; });
    if constexpr (P == 4) {
        V const a = zip_parts<1, 0>(row[0], row[1], all);
        V const b = zip_parts<1, 1>(row[0], row[1], all);
        V const c = zip_parts<1, 0>(row[2], row[3], all);
        V const d = zip_parts<1, 1>(row[2], row[3], all);
        write(j, zip_parts<2, 0>(a, c, all));
        write(j + 1, zip_parts<2, 1>(a, c, all));
        write(j + 2, zip_parts<2, 0>(b, d, all));
        write(j + 3, zip_parts<2, 1>(b, d, all));
    } else {
        write(j, zip_parts<1, 0>(row[0], row[1], all));
        write(j + 1, zip_parts<1, 1>(row[0], row[1], all));
    }
}
/// L columns of them.
template <class V, class From, class Write>
LAMINA_ALWAYS_INLINE inline void transpose_whole(From const& from, Write const& write) {
    LAMINA_UNROLL
    for (std::size_t j = 0; j < V::size; j += in_part<V>) transpose_part<V>(j, from, write);
}

/// The sums of L batches, one in each lane, each added up in the order of reduce_add.
template <std::size_t H, class V>
LAMINA_ALWAYS_INLINE inline V sums_of_rows(V (&row)[V::size]) {
    if constexpr (H == 0) {
        return row[0];
    } else {
        constexpr std::make_index_sequence<V::size> all{};
        LAMINA_UNROLL
        for (std::size_t i = 0; i < H; ++i)
            row[i] = low<H>(row[i], row[i + H], all) + high<H>(row[i], row[i + H], all);
        return sums_of_rows<H / 2>(row);
    }
}
template <class V>
LAMINA_ALWAYS_INLINE inline V sums_of_rows(V (&row)[V::size]) {
    return sums_of_rows<V::size / 2>(row);
}

/// Numbers one by one.
template <class T>
[[gnu::noinline]] void copy_across(std::size_t rows, std::size_t columns, T const* from,
                                   std::size_t ldfrom, T* to, std::size_t ldto) {
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j) to[j * ldto + i] = from[i * ldfrom + j];
}

/// Every second number of a and b, from the first or the second on.
template <std::size_t First, class V, std::size_t... I>
LAMINA_ALWAYS_INLINE inline V every_second(V const& a, V const& b, std::index_sequence<I...>) {
    return shuffle<int(2 * I + First)...>(a, b);
}

/// One block of at most L by L numbers. `width` numbers are written to each row: `rows`, or L with
/// zeros behind those that there are.
template <class T>
[[gnu::noinline]] void transpose_part_of_block(std::size_t rows, std::size_t columns,
                                               std::size_t width, T const* __restrict from,
                                               std::size_t ldfrom, T* __restrict to,
                                               std::size_t ldto) {
    using V = Batch<T>;
    V row[V::size];
    LAMINA_UNROLL
    for (std::size_t i = 0; i < V::size; ++i)
        row[i] = i < rows ? load<V>(from + i * ldfrom, columns) : V(T{0});
    transpose_rows<V::size / 2>(row);
    LAMINA_UNROLL
    for (std::size_t j = 0; j < V::size; ++j) {
        if (j >= columns) break;
        if (overlaps && width == V::size) kernels::store(to + j * ldto, row[j]);
        else kernels::store(to + j * ldto, row[j], width);
    }
}

/// L rows. The last columns may be some of those before once more.
template <class T>
[[gnu::noinline]] void transpose_some_rows(std::size_t columns, T const* __restrict from,
                                           std::size_t ldfrom, T* __restrict to, std::size_t ldto) {
    using V = Batch<T>;
    constexpr std::size_t part = in_part<V>;
    std::size_t j = 0;
    for (; j + V::size <= columns; j += V::size)
        transpose_whole<V>(
            [&](std::size_t i) { return from + j + i * ldfrom; },
            [&](std::size_t i, V const& v) { kernels::store(to + (j + i) * ldto, v); });
    if (columns >= part) {
        for (; j < columns; j += part) {
            std::size_t const first = std::min(j, columns - part);
            transpose_part<V>(
                0, [&](std::size_t i) { return from + first + i * ldfrom; },
                [&](std::size_t i, V const& v) { kernels::store(to + (first + i) * ldto, v); });
        }
    } else if (columns == 2 && ldfrom == 2) {
        constexpr std::make_index_sequence<V::size> all{};
        V const a = load<V>(from), b = load<V>(from + V::size);
        kernels::store(to, every_second<0>(a, b, all));
        kernels::store(to + ldto, every_second<1>(a, b, all));
    } else if (columns > 2) {
        transpose_part_of_block(V::size, columns, V::size, from, ldfrom, to, ldto);
    } else {
        copy_across(V::size, columns, from, ldfrom, to, ldto);
    }
}

} // namespace detail

/// to[j * ldto + i] = from[i * ldfrom + j], i < rows, j < columns. With Pad each row of `to` is
/// filled up with zeros to a whole number of batches. The two do not overlap.
template <bool Pad = false, class T>
[[gnu::noinline]] void transpose(std::size_t rows, std::size_t columns, T const* from,
                                 std::size_t ldfrom, T* to, std::size_t ldto) {
    constexpr std::size_t block = lanes<T>;
    for (std::size_t i = 0; i < rows; i += block) {
        std::size_t const r = std::min(rows - i, block);
        if (r == block || (rows > block && !Pad)) { // the last ones some of those before once more
            std::size_t const first = std::min(i, rows - block);
            detail::transpose_some_rows(columns, from + first * ldfrom, ldfrom, to + first, ldto);
            continue;
        }
        for (std::size_t j = 0; j < columns; j += block) {
            std::size_t const c = std::min(columns - j, block);
            T const* const source = from + i * ldfrom + j;
            T* const target = to + j * ldto + i;
            if (r <= 2 && c == block && !Pad)
                detail::copy_across(r, c, source, ldfrom, target, ldto);
            else
                detail::transpose_part_of_block(r, c, Pad ? block : r, source, ldfrom, target,
                                                ldto);
        }
    }
}

} // namespace lamina::kernels
