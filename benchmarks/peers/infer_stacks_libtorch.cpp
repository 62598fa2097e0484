// SPDX-License-Identifier: BSD-3-Clause
// package: libtorch-dev
// package: libopenblas-openmp-dev
// header: torch/torch.h
// header: ATen/ATen.h
// library: torch
// library: torch_cpu
// library: c10
// library: openblas
// directory: torch/csrc/api/include
// directory: openblas-openmp
// options: -fopenmp
// standard: 17

#include "../support/torch_stack.hpp"

extern "C" bench::Peers<bench::StackTask> lamina_infer_stack_peers() {
    return bench::peers<bench::StackTask, bench::TorchPlain, bench::TorchChannelsLast,
                        bench::TorchBag>();
}
