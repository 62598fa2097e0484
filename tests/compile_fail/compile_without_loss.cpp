// expect: compile(network, optimizer, loss, metrics...): give all three, as in compile(network, Adam{}, MeanSquaredError{}).
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    auto model = compile(Sequential{Input<3>{}, Dense<1>{}}, Adam{});
#else
    auto model = compile(Sequential{Input<3>{}, Dense<1>{}}, Adam{}, MeanSquaredError{});
#endif
    return int(model.parameter_count);
}
