// expect: SimpleRNN takes a sequence of vectors per sample, Shape<Time, Features>. Put Embedding before it for tokens.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/simple_rnn.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<5>{}, SimpleRNN<8>{}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<5, 1>{}, SimpleRNN<8>{}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
