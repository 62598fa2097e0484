// expect: Stepper: a stepped input has no time axis.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/model/stepper.hpp>

#include <type_traits>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<3>{}, Dense<4>{}, Dense<2>{}};
#else
constexpr auto net = Sequential{Input<7, 3>{}, Dense<4>{}, Dense<2>{}};
#endif

int main() {
    using N = Network<std::remove_const_t<decltype(net)>, float>;
    Weights<N> const weights;
    Stepper step(weights);
    float const x[3]{};
    return int(step(x)[0]);
}
