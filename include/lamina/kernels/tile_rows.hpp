// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <cstddef>

/// Rows of convolution's tiles: C batches side by side, of the last of which only `last` lanes are
/// touched, or with Whole all.
namespace lamina::kernels::detail {

template <bool Whole, std::size_t C, class V, class T>
LAMINA_ALWAYS_INLINE inline void load_row(V (&row)[C], T const* from, std::size_t last) {
    LAMINA_UNROLL
    for (std::size_t i = 0; i < C; ++i) {
        T const* const at = from + i * V::size;
        row[i] = Whole || i + 1 < C ? load<V>(at) : load<V>(at, last);
    }
}

/// The same, kept in registers: they meet several numbers.
template <bool Whole, bool Several = true, std::size_t C, class V, class T>
LAMINA_ALWAYS_INLINE inline void keep_row(V (&row)[C], T const* from, std::size_t last) {
    LAMINA_UNROLL
    for (std::size_t i = 0; i < C; ++i) {
        T const* const at = from + i * V::size;
        row[i] = in_register<Several>(Whole || i + 1 < C ? load<V>(at) : load<V>(at, last));
    }
}

template <bool Whole, std::size_t C, class V, class T>
LAMINA_ALWAYS_INLINE inline void store_row(V const (&row)[C], T* to, std::size_t last) {
    LAMINA_UNROLL
    for (std::size_t i = 0; i < C; ++i) {
        T* const at = to + i * V::size;
        if (Whole || i + 1 < C) kernels::store(at, row[i]);
        else kernels::store(at, row[i], last);
    }
}

/// Whole or not, as `last` says.
template <std::size_t C, class V, class T>
LAMINA_ALWAYS_INLINE inline void store_some(V const (&row)[C], T* to, std::size_t last) {
    if (last == V::size) store_row<true>(row, to, last);
    else store_row<false>(row, to, last);
}

/// sum += v times the row, number by number or one for all.
template <std::size_t C, class V>
LAMINA_ALWAYS_INLINE inline void add_row(V (&sum)[C], V const& v, V const (&row)[C]) {
    LAMINA_UNROLL
    for (std::size_t i = 0; i < C; ++i) sum[i] = fma(v, row[i], sum[i]);
}

} // namespace lamina::kernels::detail
