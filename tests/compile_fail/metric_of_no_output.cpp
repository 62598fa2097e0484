// expect: compile: at<K>(metric) names an output that the network does not have. Outputs count from 0.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

constexpr auto net =
    graph<Input<3>>([](auto in) { return outputs(in | Dense<1>{}, in | Dense<1>{}); });
Tensor<float, 2> const x{{1, 2, 3}};
Tensor<float, 1> const y{1};
constexpr auto two = losses(MeanSquaredError{}, MeanSquaredError{});

int main() {
#ifdef SHOULD_FAIL
    auto model = compile(net, Adam{}, two, at<2>(R2Score{}));
    auto const [loss, first, second, r2] = model.evaluate({x}, {y, y});
#else
    auto model = compile(net, Adam{}, two, at<1>(R2Score{}));
    auto const [loss, first, second, r2] = model.evaluate({x}, {y, y});
#endif
    return int(model.parameter_count);
}
