// expect: Bidirectional: its first layer goes forwards. Leave GoBackwards out.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4, 2>{}, Bidirectional<LSTM<3, GoBackwards>>{}};
#else
constexpr auto net = Sequential{Input<4, 2>{}, Bidirectional<LSTM<3>>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
