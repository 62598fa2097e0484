// expect: Embedding: MaskZero is for one sequence of tokens, Tokens<Time>.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Tokens<4, 2>{}, Embedding<10, 3, MaskZero>{}, Flatten{}};
#else
constexpr auto net = Sequential{Tokens<4, 2>{}, Embedding<10, 3>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
