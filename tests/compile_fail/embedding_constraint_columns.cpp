// expect: Embedding: a constraint along the vocabulary takes all of its rows. Give DenseGradient
// too. SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

using Columns = EmbeddingsConstraint<Along<MaxNorm<2>, 0>>;
#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Tokens<4>{}, Embedding<10, 3, Columns>{}, Flatten{}};
#else
constexpr auto net = Sequential{Tokens<4>{}, Embedding<10, 3, Columns, DenseGradient>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
