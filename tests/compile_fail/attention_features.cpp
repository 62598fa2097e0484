// expect: ScaledDotProductAttention: query and key differ in their features. Put Dense before one of them.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/scaled_dot_product_attention.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<4, 8>, Input<4, 5>>([](auto x, auto y) {
    return join(x, y) | ScaledDotProductAttention{};
});
#else
constexpr auto net = graph<Input<4, 8>, Input<4, 5>>([](auto x, auto y) {
    return join(x, y | Dense<8>{}) | ScaledDotProductAttention{};
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
