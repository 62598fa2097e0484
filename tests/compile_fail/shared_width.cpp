// expect: shared: the two inputs need parameters of different shapes. Give both the same features.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<4>, Input<5>>([](auto a, auto b) {
    auto h = a | Dense<3>{};
    return h + (b | shared(h));
});
#else
constexpr auto net = graph<Input<4>, Input<4>>([](auto a, auto b) {
    auto h = a | Dense<3>{};
    return h + (b | shared(h));
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
