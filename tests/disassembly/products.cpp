// SPDX-License-Identifier: BSD-3-Clause
// The loops in which the time goes. disassembly.cmake looks at the code that becomes of them.
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
