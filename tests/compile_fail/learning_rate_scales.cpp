// expect: scale_learning_rate: give each path its scale, {0.1, 0.5} for two, or all of them one: 0.1.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

constexpr Sequential<Input<3>, Dense<2>, Dense<2>, Dense<1>> net;
Tensor<float, 2> const x{{1, 2, 3}};
Tensor<float, 1> const y{1};

int main() {
#ifdef SHOULD_FAIL
    auto const optimizer = scale_learning_rate<"dense", "dense_1", "dense_2">({0.1, 0.5}, Adam{});
#else
    auto const optimizer = scale_learning_rate<"dense", "dense_1">({0.1, 0.5}, Adam{});
#endif
    auto model = compile(net, optimizer, MeanSquaredError{});
    model.fit(x, y);
    return int(model.parameter_count);
}
