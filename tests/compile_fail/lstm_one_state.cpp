// expect: LSTM takes its states as join(x, h, c), each Shape<Units>. Give both, or neither.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/lstm.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<5, 2>, Input<8>>([](auto x, auto h) {
    return join(x, h) | LSTM<8>{} | Dense<1>{};
});
#else
constexpr auto net = graph<Input<5, 2>, Input<8>>([](auto x, auto h) {
    return join(x, h, h) | LSTM<8>{} | Dense<1>{};
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
