// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <cstddef>

/// Copies of operands in the order in which the tiles read them.
namespace lamina::kernels::detail {

/// alpha op(B), k rows of `columns` columns, to rows of `width` numbers: whole batches with zeros
/// behind the last column.
template <class T>
[[gnu::noinline]] void pack(std::size_t k, std::size_t columns, T alpha, T const* b,
                            std::size_t ldb, bool transposed, T* to, std::size_t width) {
    using V = Batch<T>;
    V const times(alpha);
    if (transposed) {
        transpose<true>(columns, k, b, ldb, to, width);
        if (alpha != T{1})
            for (std::size_t i = 0; i < k * width; i += V::size)
                kernels::store(to + i, times * load<V>(to + i));
        return;
    }
    std::size_t const rest = columns % V::size, whole = columns - rest;
    for (std::size_t p = 0; p < k; ++p) {
        T const* const from = b + p * ldb;
        T* const row = to + p * width;
        for (std::size_t j = 0; j < whole; j += V::size)
            kernels::store(row + j, times * load<V>(from + j));
        if (rest > 0) kernels::store(row + whole, times * load<V>(from + whole, rest));
    }
}

} // namespace lamina::kernels::detail
