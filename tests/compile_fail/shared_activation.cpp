// expect: shared: an activation made this node. Share the layer itself: auto tower = shared(Dense<16, ReLU>{}).
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<4>, Input<4>>([](auto a, auto b) {
    auto h = a | Dense<3, ReLU>{};
    return h + (b | shared(h));
});
#else
constexpr auto net = graph<Input<4>, Input<4>>([](auto a, auto b) {
    auto tower = shared(Dense<3, ReLU>{});
    return (a | tower) + (b | tower);
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
