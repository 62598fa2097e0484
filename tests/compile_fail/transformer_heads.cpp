// expect: A Transformer layer cuts its vectors into Heads: their width must be a multiple.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/transformer_encoder_layer.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<5, 10>{}, TransformerEncoderLayer<4, 16>{}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<5, 12>{}, TransformerEncoderLayer<4, 16>{}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
