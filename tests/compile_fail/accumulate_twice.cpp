// expect: accumulate_gradients: the optimizer accumulates already. Give the number of batches once.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

constexpr Sequential<Input<3>, Dense<2>, Dense<1>> net;
Tensor<float, 2> const x{{1, 2, 3}};
Tensor<float, 1> const y{1};

int main() {
#ifdef SHOULD_FAIL
    auto const optimizer = accumulate_gradients(2, accumulate_gradients(4, Adam{}));
#else
    auto const optimizer = accumulate_gradients(8, Adam{});
#endif
    auto model = compile(net, optimizer, MeanSquaredError{});
    model.fit(x, y);
    return int(model.parameter_count);
}
