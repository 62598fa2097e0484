// expect: Multiply takes inputs of one shape, or two that differ in axes of length 1. Give them the same with Dense or Reshape.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    auto net = graph<Input<3>>([](auto x) { return x * (x | Dense<4>{}) - x | Dense<1>{}; });
    auto model = compile(net, Adam{}, MeanSquaredError{});
#else
    auto net = graph<Input<3>>([](auto x) { return x * (x | Dense<3>{}) - x | Dense<1>{}; });
    auto model = compile(net, Adam{}, MeanSquaredError{});
#endif
    return int(model.parameter_count);
}
