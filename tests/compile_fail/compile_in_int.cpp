// expect: compile<T>: a network computes in float or in double.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    auto model = compile<int>(Sequential{Input<3>{}, Dense<1>{}}, Adam{}, MeanSquaredError{});
#else
    auto model = compile<double>(Sequential{Input<3>{}, Dense<1>{}}, Adam{}, MeanSquaredError{});
#endif
    return int(model.parameter_count);
}
