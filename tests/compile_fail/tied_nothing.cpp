// expect: tied: the layer given has no transpose. Tie to an Embedding.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<4>>([](auto x) {
    auto h = x | Dense<4>{};
    return h | Tanh{} | tied(h) | Dense<1>{};
});
#else
constexpr auto net = graph<Input<4>>([](auto x) {
    auto h = x | Dense<4>{};
    return h | Tanh{} | shared(h) | Dense<1>{};
});
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
