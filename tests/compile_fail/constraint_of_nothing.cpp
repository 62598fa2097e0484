// expect: A constraint is NonNegative, MaxNorm<2>, UnitNorm, MinMaxNorm<0, 1>, or a type with
// factor(norm) or value(w). SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Constraint = HeNormal;
#else
using Constraint = MaxNorm<2>;
#endif

int main() {
    auto model = compile(Sequential{Input<3>{}, Dense<4, KernelConstraint<Constraint>>{}}, Adam{},
                         MeanSquaredError{});
    return int(model.parameter_count);
}
