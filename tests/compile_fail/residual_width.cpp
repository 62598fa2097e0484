// expect: Residual: its block must give back its input's shape. End it with as many features.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4>{}, Residual{Dense<1>{}, Tanh{}}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<4>{}, Residual{Dense<4>{}, Tanh{}}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
