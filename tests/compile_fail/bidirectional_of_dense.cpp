// expect: Bidirectional takes SimpleRNN, LSTM or GRU, without ReturnState.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/bidirectional.hpp>
#include <lamina/layers/simple_rnn.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<5, 2>{}, Bidirectional<Dense<8>>{}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<5, 2>{}, Bidirectional<SimpleRNN<8>>{}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
