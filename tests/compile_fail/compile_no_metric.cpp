// expect: compile(network, optimizer, loss, metrics...): behind the loss stands no metric. A metric has name and On<Y, Target>.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

constexpr Sequential<Input<3>, Dense<1>> net;

int main() {
#ifdef SHOULD_FAIL
    auto model = compile(net, Adam{}, MeanSquaredError{}, "mae");
#else
    auto model = compile(net, Adam{}, MeanSquaredError{}, MeanAbsoluteError{});
#endif
    return int(model.parameter_count);
}
