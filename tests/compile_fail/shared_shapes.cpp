// expect: shared: what it is called on needs parameters of different shapes. Give all the same features.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<4>, Input<5>>([](auto a, auto b) {
    auto tower = shared(Dense<3>{});
    return (a | tower) + (b | tower);
});
#else
constexpr auto net = graph<Input<4>, Input<4>>([](auto a, auto b) {
    auto tower = shared(Dense<3>{});
    return (a | tower) + (b | tower);
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
