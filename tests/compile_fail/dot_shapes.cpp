// expect: Dot takes two vectors of one size. Flatten them, or give them the same with Dense.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    auto net = graph<Input<3>, Input<4>>([](auto a, auto b) { return join(a, b) | Dot{}; });
    auto model = compile(net, Adam{}, MeanSquaredError{});
#else
    auto net = graph<Input<3>, Input<3>>([](auto a, auto b) { return join(a, b) | Dot{}; });
    auto model = compile(net, Adam{}, MeanSquaredError{});
#endif
    return int(model.parameter_count);
}
