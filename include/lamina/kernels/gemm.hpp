// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <cstddef>

namespace lamina::kernels {

/// What is done to each block of C as soon as it is whole, while it is near: apply(context, c, ldc, row, column, rows, columns),
/// c being the block's first number, at (row, column) of C. Null: nothing. A pointer and not a type, so that all the layers
/// of a program share one gemm.
template <class T>
struct Finish {
    void (*apply)(void const* context, T* c, std::size_t ldc, std::size_t row, std::size_t column,
                  std::size_t rows, std::size_t columns) = nullptr;
    void const* context = nullptr;
};

/// C = finish(alpha op(A) op(B) + beta C + bias): m x n, the sum over k; all row-major, their rows lda, ldb, ldc numbers apart.
/// op(A) is A, m x k, or with transposed_a the transpose of A, k x m; op(B) likewise.
template <class T>
struct Gemm {
    std::size_t m, n, k;
    T alpha = T{1};
    T const* a;
    std::size_t lda;
    bool transposed_a = false;
    T const* b;
    std::size_t ldb;
    bool transposed_b = false;
    T beta = T{0};               // 0: C is overwritten, whatever was in it
    T* c;
    std::size_t ldc;
    T const* bias = nullptr;     // n numbers, or null
    Finish<T> finish{};
};

/// Numbers of scratch memory that gemm wants for each worker.
template <class T>
constexpr std::size_t gemm_scratch() {
    return 64;
}

template <class T>
[[gnu::noinline]] void gemm(Gemm<T> const& g, T*, Threads*) {
    for (std::size_t i = 0; i < g.m; ++i) {
        T* const c = g.c + i * g.ldc;
        for (std::size_t j = 0; j < g.n; ++j)
            c[j] = (g.beta == T{0} ? T{0} : g.beta * c[j]) + (g.bias ? g.bias[j] : T{0});
        for (std::size_t p = 0; p < g.k; ++p) {
            T const a = g.alpha * (g.transposed_a ? g.a[p * g.lda + i] : g.a[i * g.lda + p]);
            for (std::size_t j = 0; j < g.n; ++j)
                c[j] += a * (g.transposed_b ? g.b[j * g.ldb + p] : g.b[p * g.ldb + j]);
        }
    }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
}

} // namespace lamina::kernels
