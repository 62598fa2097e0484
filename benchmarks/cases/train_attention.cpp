// SPDX-License-Identifier: BSD-3-Clause
#include "../support/stacks.hpp"

using namespace lamina;

namespace bench {

void train_encoders(Suite& suite) {
    measure_gradients(suite,
                      StackCase{"encoder 64x128/8/512",
                                Sequential{Input<64, 128>{}, TransformerEncoderLayer<8, 512>{}},
                                {64, 128},
                                {{Layer::encoder, 8, 512}}},
                      16);
    measure_gradients(suite,
                      StackCase{"encoder 128x512/8/2048",
                                Sequential{Input<128, 512>{}, TransformerEncoderLayer<8, 2048>{}},
                                {128, 512},
                                {{Layer::encoder, 8, 2048}}},
                      8);
}

} // namespace bench
