// expect: Concatenate takes inputs that differ in the last axis only. Reshape or Flatten them first.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<4, 3>, Input<5, 3>>([](auto a, auto b) {
    return join(a, b) | Concatenate{} | Flatten{} | Dense<1>{};
});
#else
constexpr auto net = graph<Input<4, 3>, Input<5, 3>>([](auto a, auto b) {
    return join(a | Flatten{}, b | Flatten{}) | Concatenate{} | Dense<1>{};
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
