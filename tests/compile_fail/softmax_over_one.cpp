// expect: Softmax over one number is always 1. Use Sigmoid.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<3>{}, Dense<1>{}, Softmax{}};
#else
constexpr auto net = Sequential{Input<3>{}, Dense<2>{}, Softmax{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
