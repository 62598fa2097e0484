// expect: Along<Constraint, Axes...> names an axis that the weights do not have.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Constraint = Along<MaxNorm<2>, 2>;
#else
using Constraint = Along<MaxNorm<2>, 1>;
#endif

int main() {
    auto model = compile(Sequential{Input<3>{}, Dense<4, KernelConstraint<Constraint>>{}}, Adam{},
                         MeanSquaredError{});
    return int(model.parameter_count);
}
