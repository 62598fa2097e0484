// expect: Embedding: PaddingIndex<Token> is none of its tokens. Name one below Vocabulary.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Tokens<4>{}, Embedding<10, 3, PaddingIndex<10>>{}, Flatten{}};
#else
constexpr auto net = Sequential{Tokens<4>{}, Embedding<10, 3, PaddingIndex<9>>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
