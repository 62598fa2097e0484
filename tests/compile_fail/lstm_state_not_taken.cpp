// expect: With ReturnState a layer gives several nodes. Take them apart: auto [y, h, c] = x | LSTM<64, ReturnState>{};
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/lstm.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<5, 2>{}, LSTM<8, ReturnState>{}, Dense<1>{}};
#else
constexpr auto net = graph<Input<5, 2>>([](auto x) {
    auto const [y, h, c] = x | LSTM<8, ReturnState>{};
    return c | Dense<1>{};
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
