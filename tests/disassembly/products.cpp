// SPDX-License-Identifier: BSD-3-Clause
// The loops in which the time goes. disassembly.cmake looks at the code that becomes of them.
#include <lamina/kernels/gemm_fixed.hpp>

#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/linear.hpp>

#include <cstddef>

using namespace lamina;

template void kernels::gemm<float>(kernels::Gemm<float> const&, float*, Threads*);

void small_forward(std::size_t rows, float const* x, float const* w, float const* bias, float* y) {
    kernels::linear<16, 64>(rows, x, w, bias, y, NoEpilogue{}, static_cast<float*>(nullptr),
                            nullptr);
}
void small_gradients(std::size_t rows, float const* x, float const* dy, float* dw, float* db) {
    kernels::linear_gradients<16, 64>(rows, x, dy, dw, db, static_cast<float*>(nullptr),
                                      nullptr);
}
// (Behind a header that comes alone: what it calls must be known to it, as clang finds out here.)
void fixed_product(float const* a, float const* b, float* c) {
    kernels::gemm<kernels::Product{.m = 7, .n = 39, .k = 17}>(a, b, c);
}
