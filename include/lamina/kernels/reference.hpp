// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

/// The plain twins of the kernels, in long double and never rounded to less: the oracle of the
/// tests, not a fast path. What a kernel adds to or overwrites is a long double here.
namespace lamina::kernels::reference {

/// C = alpha op(A) op(B) + beta C + bias; bias may be null. The operands as lamina::kernels::Gemm
/// has them.
template <class T>
void gemm(std::size_t m, std::size_t n, std::size_t k, T alpha, T const* a, std::size_t lda,
          bool transposed_a, T const* b, std::size_t ldb, bool transposed_b, T beta, long double* c,
          std::size_t ldc, T const* bias = nullptr) {
    auto const at_b = [&](std::size_t p, std::size_t j) {
        return static_cast<long double>(transposed_b ? b[j * ldb + p] : b[p * ldb + j]);
    };
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < n; j += 4) { // four sums, none of which waits for itself
            std::size_t const last = n - 1, j1 = std::min(j + 1, last), j2 = std::min(j + 2, last),
                              j3 = std::min(j + 3, last);
            long double sum = 0, sum1 = 0, sum2 = 0, sum3 = 0;
            for (std::size_t p = 0; p < k; ++p) {
                long double const x = transposed_a ? a[p * lda + i] : a[i * lda + p];
                sum += x * at_b(p, j);
                sum1 += x * at_b(p, j1);
                sum2 += x * at_b(p, j2);
                sum3 += x * at_b(p, j3);
            }
            long double const sums[]{sum, sum1, sum2, sum3};
            for (std::size_t q = j; q < std::min(j + 4, n); ++q) {
                long double& to = c[i * ldc + q];
                to = alpha * sums[q - j] + (beta != T{0} ? beta * to : 0) + (bias ? bias[q] : 0);
            }
        }
}

/// y[rows, n] = x[rows, k] w[k, n] + b; b may be null.
template <class T>
void linear(std::size_t rows, std::size_t k, std::size_t n, T const* x, T const* w, T const* b,
            long double* y) {
    gemm(rows, n, k, T{1}, x, k, false, w, n, false, T{0}, y, n, b);
}

/// dw[k, n] += x' dy, db[n] += column sums of dy; db may be null.
template <class T>
void linear_gradients(std::size_t rows, std::size_t k, std::size_t n, T const* x, T const* dy,
                      long double* dw, long double* db) {
    gemm(k, n, rows, T{1}, x, k, true, dy, n, false, T{1}, dw, n);
    for (std::size_t j = 0; db && j < n; ++j)
        for (std::size_t r = 0; r < rows; ++r) db[j] += dy[r * n + j];
}

/// dx[rows, k] = dy w'.
template <class T>
void linear_dx(std::size_t rows, std::size_t k, std::size_t n, T const* dy, T const* w,
               long double* dx) {
    gemm(rows, k, n, T{1}, dy, n, false, w, n, true, T{0}, dx, k);
}

/// to[j, i] = from[i, j].
template <class T>
void transpose(std::size_t rows, std::size_t columns, T const* from, std::size_t ldfrom, T* to,
               std::size_t ldto) {
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j) to[j * ldto + i] = from[i * ldfrom + j];
}

/// The norm of the vector in which each number of a tensor lies; bit i of `along`: along axis i.
template <class T>
void norms(std::size_t const* dims, std::size_t rank, unsigned along, T const* w,
           long double* norm) {
    std::size_t n = 1;
    for (std::size_t i = 0; i < rank; ++i) n *= dims[i];
    auto const vector_of = [&](std::size_t index) { // its place with 0 along the vector's axes
        std::size_t first = 0;
        for (std::size_t i = rank, stride = 1; i-- > 0; stride *= dims[i], index /= dims[i])
            if (!(along >> i & 1)) first += index % dims[i] * stride;
        return first;
    };
    std::fill_n(norm, n, 0.0L);
    for (std::size_t i = 0; i < n; ++i)
        norm[vector_of(i)] += static_cast<long double>(w[i]) * static_cast<long double>(w[i]);
    for (std::size_t i = n; i-- > 0;) norm[i] = std::sqrt(norm[vector_of(i)]);
}

} // namespace lamina::kernels::reference
