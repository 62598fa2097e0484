// SPDX-License-Identifier: BSD-3-Clause
#include "support/kernels.hpp"

namespace lamina::kernels {

template void gemm(Gemm<float> const&, float*, Threads*);
template void gemm(Gemm<double> const&, double*, Threads*);
template void attention(Attention<float> const&, float*, Threads*);
template void attention(Attention<double> const&, double*, Threads*);
template void attention_gradients(Attention<float> const&, AttentionGradients<float> const&, float*,
                                  Threads*);
template void attention_gradients(Attention<double> const&, AttentionGradients<double> const&,
                                  double*, Threads*);

} // namespace lamina::kernels
