// SPDX-License-Identifier: BSD-3-Clause
// package: python3-torch

#include "../support/pytorch_stack.hpp"

extern "C" bench::Peers<bench::StackTask> lamina_train_stack_peers() {
    return bench::pytorch_stack_peers();
}
