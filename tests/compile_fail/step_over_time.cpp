// expect: This network cannot run token by token: one of its layers looks along time and has no Step.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/model/stepper.hpp>

#include <type_traits>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<7, 3>{}, Conv1D<4, 3, Same>{}, Dense<2>{}};
#else
constexpr auto net =
    Sequential{Input<7, 3>{}, Conv1D<4, 3, Causal>{}, LayerNormalization{}, Dense<2>{}};
#endif

int main() {
    using N = Network<std::remove_const_t<decltype(net)>, float>;
    Weights<N> const weights;
    Stepper step(weights);
    float const x[3]{};
    return int(step(x)[0]);
}
