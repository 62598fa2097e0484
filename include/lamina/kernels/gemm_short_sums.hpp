// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_tile.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <cstddef>

/// Products whose sums have a few terms.
namespace lamina::kernels::detail {

/// All rows of a strip of C batches of columns over a sum of K terms: b stays in registers, and the
/// rows pass by one after the other.
template <std::size_t K, std::size_t C, class T>
[[gnu::noinline]] void short_sums(std::size_t rows, Strip<T> const& s, T const* a, T* c) {
    using V = Batch<T>;
    std::size_t const row = s.a_row, step = s.a_step, ldc = s.ldc, last = s.last;
    auto const from_memory = [&](std::size_t i, T const* p) LAMINA_ALWAYS_INLINE {
        return load_part<false, C, V>(p, i, last);
    };
    V b[K][C];
    LAMINA_UNROLL
    for (std::size_t k = 0; k < K; ++k) {
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) b[k][i] = in_register(from_memory(i, s.b + k * s.ldb));
    }
    [[maybe_unused]] bool const zero = s.zero, adds = !s.zero && !s.bias;
    T const* const bias = s.bias;
    [[maybe_unused]] V begin[C]; // of each row's sums, unless they are added to what C is
    if constexpr (overlaps) {
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) begin[i] = bias ? from_memory(i, bias) : V(T{0});
    }
    for (; rows > 0; --rows, a += row, c += ldc) {
        V sum[C];
        // g++'s loop for several batches is faster with what is read anew, that for one without
        [[maybe_unused]] T const* const from = (C > 1 ? s.bias : bias) ? s.bias : c;
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) {
            if constexpr (overlaps) sum[i] = adds ? from_memory(i, c) : begin[i];
            else sum[i] = (C > 1 ? s.zero : zero) ? V(T{0}) : from_memory(i, from);
        }
        LAMINA_UNROLL
        for (std::size_t k = 0; k < K; ++k) {
            V const v(a[k * step]);
            LAMINA_UNROLL
            for (std::size_t i = 0; i < C; ++i) sum[i] = fma(v, b[k][i], sum[i]);
        }
        LAMINA_UNROLL
        for (std::size_t i = 0; i < C; ++i) {
            T* const to = c + place<false, C, V::size>(i, last);
            if (i + 1 < C || (overlaps && (C > 1 || last == V::size))) kernels::store(to, sum[i]);
            else kernels::store(to, sum[i], last);
        }
    }
}

/// The longest sums that short_sums is for.
inline constexpr std::size_t shortest = overlaps ? 6 : 5;

/// The longest sums that leave registers for one batch more than the widest tile has: for b, a
/// row's sums and what they begin with, and a factor. 0: where registers are many, and where tiles
/// are not in assembly.
template <class T>
inline constexpr std::size_t shorter = [] {
    using Traits = GemmTraits<xsimd::default_arch>;
    if (!by_hand<3, 4, T>) return std::size_t{0};
    return (Traits::registers - 1) / (Traits::columns + 1) - 2;
}();

} // namespace lamina::kernels::detail
