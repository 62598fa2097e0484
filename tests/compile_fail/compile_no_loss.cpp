// expect: compile(network, optimizer, loss, metrics...): what stands third is no loss. A loss has name, rule and On<Y>.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

constexpr Sequential<Input<3>, Dense<1>> net;

int main() {
#ifdef SHOULD_FAIL
    auto model = compile(net, Adam{}, "mse");
#else
    auto model = compile(net, Adam{}, MeanSquaredError{});
#endif
    return int(model.parameter_count);
}
