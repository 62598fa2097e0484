// expect: Attention takes a value for each key: join(query, value, key) needs value and key of the same time.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/multi_head_attention.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<4, 8>, Input<5, 8>, Input<6, 8>>([](auto q, auto v, auto k) {
    return join(q, v, k) | MultiHeadAttention<2, 4>{};
});
#else
constexpr auto net = graph<Input<4, 8>, Input<5, 8>, Input<5, 8>>([](auto q, auto v, auto k) {
    return join(q, v, k) | MultiHeadAttention<2, 4>{};
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
