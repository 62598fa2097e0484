// expect: graph<Inputs...>: the function does not take one node for each input.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<3>>([](auto a, auto b) { return a + b; });
#else
constexpr auto net = graph<Input<3>, Input<3>>([](auto a, auto b) { return a + b; });
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
