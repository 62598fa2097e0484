// expect: shared: what is shared has a name and no const: auto tower = shared(Dense<16>{}); and then x | tower.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<4>, Input<4>>([](auto a, auto b) {
    auto const tower = shared(Dense<3>{});
    return (a | tower) + b;
});
#else
constexpr auto net = graph<Input<4>, Input<3>>([](auto a, auto b) {
    auto tower = shared(Dense<3>{});
    return (a | tower) + b;
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
