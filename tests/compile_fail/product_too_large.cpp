// expect: This shape is too large for gemm<Product>: take gemm(Gemm<T>).
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/gemm_fixed.hpp>

using lamina::kernels::Product;

int main() {
    float numbers[4096]{};
#ifdef SHOULD_FAIL
    lamina::kernels::gemm<Product{.m = 512, .n = 512, .k = 512}>(numbers, numbers, numbers);
#else
    lamina::kernels::gemm<Product{.m = 16, .n = 16, .k = 16}>(numbers, numbers, numbers);
#endif
}
