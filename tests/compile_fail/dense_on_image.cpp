// expect: Dense takes a vector or a sequence of vectors per sample. Put Flatten or Embedding before it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<28, 28, 1>{}, Dense<64>{}, ReLU{}, Dense<10>{}};
#else
constexpr auto net = Sequential{Input<28, 28, 1>{}, Flatten{}, Dense<64>{}, ReLU{}, Dense<10>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
