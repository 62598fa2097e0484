// expect: An activation takes numbers, not indices. Put Embedding before it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Tokens<12>{}, Tanh{}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<12>{}, Tanh{}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
