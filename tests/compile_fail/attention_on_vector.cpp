// expect: Attention takes sequences of vectors. Put Embedding or Reshape<Time, Features> before it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/multi_head_attention.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<16>{}, MultiHeadAttention<2, 8>{}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<4, 16>{}, MultiHeadAttention<2, 8>{}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
