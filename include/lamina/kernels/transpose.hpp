// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>
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

/// One block of at most L by L numbers. `width` numbers are written to each row: `rows`, or L with
/// zeros behind those that there are.
template <bool Whole, class T>
[[gnu::noinline]] void transpose_block(std::size_t rows, std::size_t columns, std::size_t width,
                                       T const* __restrict from, std::size_t ldfrom,
                                       T* __restrict to, std::size_t ldto) {
    using V = Batch<T>;
    V row[V::size];
    LAMINA_UNROLL
    for (std::size_t i = 0; i < V::size; ++i) {
        if constexpr (Whole) row[i] = load<V>(from + i * ldfrom);
        else row[i] = i < rows ? load<V>(from + i * ldfrom, columns) : V(T{0});
    }
    transpose_rows<V::size / 2>(row);
    LAMINA_UNROLL
    for (std::size_t j = 0; j < V::size; ++j) {
        if constexpr (Whole) kernels::store(to + j * ldto, row[j]);
        else if (overlaps && width == V::size) {
            if (j < columns) kernels::store(to + j * ldto, row[j]);
        } else if (j < columns) kernels::store(to + j * ldto, row[j], width);
    }
}

/// A row of blocks of L by L numbers, where there are no masks. The last one may overlap the one
/// before.
template <class T>
[[gnu::noinline]] void transpose_blocks(std::size_t columns, T const* __restrict from,
                                        std::size_t ldfrom, T* __restrict to, std::size_t ldto) {
    using V = Batch<T>;
    for (std::size_t j = 0;; j = std::min(j + V::size, columns - V::size)) {
        T const* source = from + j;
        T* target = to + j * ldto;
        V row[V::size];
        LAMINA_UNROLL
        for (std::size_t i = 0; i < V::size; ++i, source = next_row(source, ldfrom))
            row[i] = load<V>(source);
        transpose_rows<V::size / 2>(row);
        LAMINA_UNROLL
        for (std::size_t i = 0; i < V::size; ++i, target = next_row(target, ldto))
            kernels::store(target, row[i]);
        if (j + V::size == columns) return;
    }
}

template <class T>
void copy_across(std::size_t rows, std::size_t columns, T const* from, std::size_t ldfrom, T* to,
                 std::size_t ldto) {
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j) to[j * ldto + i] = from[i * ldfrom + j];
}

} // namespace detail

/// to[j * ldto + i] = from[i * ldfrom + j], i < rows, j < columns. With Pad each row of `to` is
/// filled up with zeros to a whole number of batches. The two do not overlap.
template <bool Pad = false, class T>
[[gnu::noinline]] void transpose(std::size_t rows, std::size_t columns, T const* from,
                                 std::size_t ldfrom, T* to, std::size_t ldto) {
    constexpr std::size_t block = lanes<T>;
    for (std::size_t i = 0; i < rows; i += block) {
        if constexpr (detail::overlaps)
            if (columns >= block && (i + block <= rows || (rows > block && !Pad))) {
                std::size_t const first = std::min(i, rows - block);
                detail::transpose_blocks(columns, from + first * ldfrom, ldfrom, to + first, ldto);
                continue;
            }
        for (std::size_t j = 0; j < columns; j += block) {
            std::size_t const r = rows - i < block ? rows - i : block;
            std::size_t const c = columns - j < block ? columns - j : block;
            T const* const source = from + i * ldfrom + j;
            T* const target = to + j * ldto + i;
            if constexpr (!detail::overlaps)
                if (r == block && c == block) {
                    detail::transpose_block<true>(r, c, r, source, ldfrom, target, ldto);
                    continue;
                }
            if ((c <= 2 && r == block) || (r <= 2 && c == block && !Pad))
                detail::copy_across(r, c, source, ldfrom, target, ldto);
            else
                detail::transpose_block<false>(r, c, Pad ? block : r, source, ldfrom, target, ldto);
        }
    }
}

} // namespace lamina::kernels
