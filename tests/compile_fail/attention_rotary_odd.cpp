// expect: MultiHeadAttention: rotary positions turn pairs of numbers, so KeyDim is even.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/multi_head_attention.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4, 16>{}, MultiHeadAttention<2, 5, Rotary<>>{}};
#else
constexpr auto net = Sequential{Input<4, 16>{}, MultiHeadAttention<2, 6, Rotary<>>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
