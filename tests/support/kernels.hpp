// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/attention.hpp>
#include <lamina/kernels/gemm.hpp>

// Large kernels that depend on the type of the numbers alone, compiled once, optimised, for all
// tests of what stands on them: most of these are compiled without optimisation. What tests the
// kernels themselves does not include this.
namespace lamina::kernels {

extern template void gemm(Gemm<float> const&, float*, Threads*);
extern template void gemm(Gemm<double> const&, double*, Threads*);
extern template void attention(Attention<float> const&, float*, Threads*);
extern template void attention(Attention<double> const&, double*, Threads*);
extern template void attention_gradients(Attention<float> const&, AttentionGradients<float> const&,
                                         float*, Threads*);
extern template void attention_gradients(Attention<double> const&,
                                         AttentionGradients<double> const&, double*, Threads*);

} // namespace lamina::kernels
