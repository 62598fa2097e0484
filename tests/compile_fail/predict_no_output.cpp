// expect: predict<K>: the network has no output K. They count from 0.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

constexpr Sequential<Input<3>, Dense<1>> net;

int main() {
#ifdef SHOULD_FAIL
    auto model = compile(net, Adam{}, MeanSquaredError{});
    auto const y = model.predict<1>(Tensor<float, 2>{{1, 2, 3}});
#else
    auto model = compile(net, Adam{}, MeanSquaredError{});
    auto const y = model.predict<0>(Tensor<float, 2>{{1, 2, 3}});
#endif
    return int(model.parameter_count);
}
