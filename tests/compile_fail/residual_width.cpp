// expect: Add takes inputs of one shape. In a Residual the block must give back its input's shape.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4>{}, Residual{Dense<5>{}, Tanh{}}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<4>{}, Residual{Dense<4>{}, Tanh{}}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
