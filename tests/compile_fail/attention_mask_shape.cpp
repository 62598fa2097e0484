// expect: The mask of attention is Shape<QueryTime, KeyTime>, or with BooleanMask Tokens<QueryTime, KeyTime>.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/multi_head_attention.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<4, 8>, Input<4, 5>>([](auto x, auto mask) {
    return join(x, mask) | MultiHeadAttention<2, 4, AdditiveMask>{};
});
#else
constexpr auto net = graph<Input<4, 8>, Input<4, 4>>([](auto x, auto mask) {
    return join(x, mask) | MultiHeadAttention<2, 4, AdditiveMask>{};
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
