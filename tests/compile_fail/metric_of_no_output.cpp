// expect: compile: at<K>(metric) names an output that the network does not have. Outputs count from 0.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

constexpr Sequential<Input<3>, Dense<1>> net;

int main() {
#ifdef SHOULD_FAIL
    auto model = compile(net, Adam{}, MeanSquaredError{}, at<1>(R2Score{}));
    auto const [loss, r2] = model.evaluate(Tensor<float, 2>{{1, 2, 3}}, Tensor<float, 1>{1});
#else
    auto model = compile(net, Adam{}, MeanSquaredError{}, at<0>(R2Score{}));
    auto const [loss, r2] = model.evaluate(Tensor<float, 2>{{1, 2, 3}}, Tensor<float, 1>{1});
#endif
    return int(model.parameter_count);
}
