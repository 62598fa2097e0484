// SPDX-License-Identifier: BSD-3-Clause
#include "../support/stacks.hpp"

using namespace lamina;

namespace bench {

void infer_stacks(Suite& suite) {
    measure_prediction(suite,
                       StackCase{"CNN 28x28",
                                 Sequential{Input<28, 28, 1>{}, Conv2D<32, 3>{}, ReLU{},
                                            Conv2D<64, 3>{}, ReLU{}, MaxPooling2D<2>{}, Flatten{},
                                            Dense<128>{}, ReLU{}, Dense<10>{}, Softmax{}},
                                 {28, 28, 1},
                                 {{Layer::conv_2d, 32, 3, 0},
                                  {Layer::relu},
                                  {Layer::conv_2d, 64, 3, 0},
                                  {Layer::relu},
                                  {Layer::max_pool_2d, 2},
                                  {Layer::flatten},
                                  {Layer::dense, 128},
                                  {Layer::relu},
                                  {Layer::dense, 10},
                                  {Layer::softmax}}},
                       {1, 32});
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
