// expect: LSTM takes a sequence of vectors per sample, Shape<Time, Features>. Put Embedding before it for tokens.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

struct WithSkip {
    constexpr auto operator()(AnyNode auto x) const {
        auto h = x | LSTM<8, ReturnSequences>{};
        return outputs(h, h | Dense<2>{});
    }
};
#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<4>>([](auto x) {
#else
constexpr auto net = graph<Input<5, 4>>([](auto x) {
#endif
    auto [h, skip] = x | WithSkip{};
    return outputs(1 - h, 0.5 * (skip + skip) - skip);
});

int main() {
    auto model = compile(net, Adam{}, losses(MeanSquaredError{}, MeanSquaredError{}));
    return int(model.parameter_count);
}
