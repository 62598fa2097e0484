// expect: Attention takes x, join(query, value) or join(query, value, key), and behind them the mask of an option.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/multi_head_attention.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<4, 8>>([](auto x) {
    return join(x, x, x, x) | MultiHeadAttention<2, 4>{};
});
#else
constexpr auto net = graph<Input<4, 8>>([](auto x) {
    return join(x, x, x) | MultiHeadAttention<2, 4>{};
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
