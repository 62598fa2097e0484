// SPDX-License-Identifier: BSD-3-Clause
#include "../support/stacks.hpp"

using namespace lamina;

namespace bench {

void infer_stacks(Suite& suite) {
    measure_prediction(suite, cnn_28x28(), {1, 32});
    measure_prediction(suite,
                       StackCase{"LSTM 40x64-128",
                                 Sequential{Input<40, 64>{}, LSTM<128>{}, Dense<10>{}, Softmax{}},
                                 {40, 64},
                                 {{Layer::lstm, 128}, {Layer::dense, 10}, {Layer::softmax}}},
                       {1, 32});
    measure_prediction(suite,
                       StackCase{"encoder 64x128/8/512",
                                 Sequential{Input<64, 128>{}, TransformerEncoderLayer<8, 512>{}},
                                 {64, 128},
                                 {{Layer::encoder, 8, 512}}},
                       {16});
    measure_prediction(suite,
                       StackCase{"encoder 128x512/8/2048",
                                 Sequential{Input<128, 512>{}, TransformerEncoderLayer<8, 2048>{}},
                                 {128, 512},
                                 {{Layer::encoder, 8, 2048}}},
                       {8});
}

} // namespace bench
