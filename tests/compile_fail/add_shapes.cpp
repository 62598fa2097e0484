// expect: Add takes inputs of one shape, or two that differ in axes of length 1. Give them the same with Dense or Reshape.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    constexpr std::size_t units = 3;
#else
    constexpr std::size_t units = 1;
#endif
    auto net = graph<Input<4>>([](auto x) { return x + (x | Dense<units>{}) | Dense<1>{}; });
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
