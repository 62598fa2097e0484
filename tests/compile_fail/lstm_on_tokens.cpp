// expect: LSTM takes a sequence of vectors per sample, Shape<Time, Features>. Put Embedding before it for tokens.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/lstm.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Tokens<5>{}, LSTM<8>{}, Dense<1>{}};
#else
constexpr auto net = Sequential{Tokens<5>{}, Embedding<9, 4>{}, LSTM<8>{}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
