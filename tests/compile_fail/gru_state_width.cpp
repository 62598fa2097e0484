// expect: GRU takes its state as join(x, h), h being Shape<Units>.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/gru.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<5, 2>, Input<7>>([](auto x, auto h) {
    return join(x, h) | GRU<8>{} | Dense<1>{};
});
#else
constexpr auto net = graph<Input<5, 2>, Input<8>>([](auto x, auto h) {
    return join(x, h) | GRU<8>{} | Dense<1>{};
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
