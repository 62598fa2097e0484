// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <cstddef>

/// Copies of operands in the order in which the tiles read them.
namespace lamina::kernels::detail {

/// k rows of `columns` columns of op(B), to rows of `width` numbers, whole batches with zeros behind the last column.
template <class T>
[[gnu::noinline]] void pack_b(std::size_t k, std::size_t columns, T const* b, std::size_t ldb,
                              bool transposed, T* to, std::size_t width) {
    using V = Batch<T>;
    if (transposed) {
        transpose<true>(columns, k, b, ldb, to, width);
        return;
    }
    std::size_t const rest = columns % V::size, whole = columns - rest;
    for (std::size_t p = 0; p < k; ++p) {
        T const* const from = b + p * ldb;
        T* const row = to + p * width;
        for (std::size_t j = 0; j < whole; j += V::size) kernels::store(row + j, load<V>(from + j));
        if (rest > 0) kernels::store(row + whole, load<V>(from + whole, rest));
    }
}

/// `rows` columns of a[k, .] as the rows of op(A), in groups of `tall`: to[group][k][row of the group].
template <class T>
[[gnu::noinline]] void pack_transposed_a(std::size_t k, std::size_t rows, std::size_t tall, T const* a,
                                         std::size_t lda, T* to) {
    using V = Batch<T>;
    for (std::size_t i = 0; i < rows; i += tall) {
        std::size_t const count = rows - i < tall ? rows - i : tall;
        for (std::size_t p = 0; p < k; ++p) {
            T const* const from = a + p * lda + i;
            for (std::size_t j = 0; j < count; j += V::size) {
                std::size_t const part = count - j < V::size ? count - j : V::size;
                kernels::store(to + j, load<V>(from + j, part));
            }
            to += count;
        }
    }
}

} // namespace lamina::kernels::detail
