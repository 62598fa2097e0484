// expect: accumulate_gradients(4, Adam{}): a whole number of batches, then the optimizer.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

constexpr Sequential<Input<3>, Dense<2>, Dense<1>> net;
Tensor<float, 2> const x{{1, 2, 3}};
Tensor<float, 1> const y{1};

int main() {
#ifdef SHOULD_FAIL
    auto model = compile(net, accumulate_gradients(Adam{}, 4), MeanSquaredError{});
#else
    auto model = compile(net, accumulate_gradients(4, Adam{}), MeanSquaredError{});
#endif
    model.fit(x, y);
    return int(model.parameter_count);
}
