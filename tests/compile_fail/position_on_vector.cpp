// expect: A position is added to a sequence of vectors. Put Embedding or Reshape<Time, Features> before it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/position_embedding.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<12>{}, PositionEmbedding{}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<1, 12>{}, PositionEmbedding{}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
