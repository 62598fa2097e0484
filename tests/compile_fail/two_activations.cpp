// expect: Dense<Units, ReLU, ...> takes one activation; behind it stand NoBias, initializers, constraints.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    auto model = compile(Sequential{Input<3>{}, Dense<4, ReLU, Sigmoid>{}, Dense<1>{}}, Adam{},
                         MeanSquaredError{});
#else
    auto model = compile(Sequential{Input<3>{}, Dense<4, ReLU, NoBias>{}, Dense<1>{}}, Adam{},
                         MeanSquaredError{});
#endif
    return int(model.parameter_count);
}
