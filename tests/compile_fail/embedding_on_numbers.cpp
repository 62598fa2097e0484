// expect: Embedding takes tokens: begin the network with Tokens<Time>.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<5>{}, Embedding<9, 4>{}, Flatten{}};
#else
constexpr auto net = Sequential{Tokens<5>{}, Embedding<9, 4>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
