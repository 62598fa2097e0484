// expect: Bidirectional: give ReturnSequences to both layers, or to neither.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net =
    Sequential{Input<5, 2>{}, Bidirectional{LSTM<8, ReturnSequences>{}, GRU<4>{}}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<5, 2>{}, Bidirectional{LSTM<8>{}, GRU<4>{}}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
