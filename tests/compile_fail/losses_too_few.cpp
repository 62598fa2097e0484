// expect: compile: give one loss for each output of the network: losses(a, b, ...).
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

constexpr auto net =
    graph<Input<3>>([](auto in) { return outputs(in | Dense<1>{}, in | Dense<1>{}); });
Tensor<float, 2> const x{{1, 2, 3}};
Tensor<float, 1> const y{1};

int main() {
#ifdef SHOULD_FAIL
    auto model = compile(net, Adam{}, MeanSquaredError{});
    model.fit({x}, {y, y});
#else
    auto model = compile(net, Adam{}, losses(MeanSquaredError{}, MeanSquaredError{}));
    model.fit({x}, {y, y});
    auto const [loss, first, second] = model.evaluate({x}, {y, y});
#endif
    return int(model.parameter_count);
}
