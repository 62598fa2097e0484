// expect: Stepper: give one moment of each stepped input, in their order.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
    Weights const weights{Sequential{Input<5, 2>{}, GRU<3>{}}};
    Stepper step{weights};
    float const x[]{1, 2};
#ifdef SHOULD_FAIL
    return int(*step(x, x));
#else
    return int(*step(x));
#endif
}
