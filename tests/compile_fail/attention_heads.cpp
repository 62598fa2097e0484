// expect: MultiHeadAttention: Heads must be a multiple of KeyValueHeads.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/multi_head_attention.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4, 16>{}, MultiHeadAttention<8, 2, KeyValueHeads<3>>{}};
#else
constexpr auto net = Sequential{Input<4, 16>{}, MultiHeadAttention<8, 2, KeyValueHeads<4>>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
