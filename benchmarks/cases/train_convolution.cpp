// SPDX-License-Identifier: BSD-3-Clause
#include "../support/stacks.hpp"

using namespace lamina;

namespace bench {

namespace {

template <std::size_t Side, std::size_t Channels>
void convolution(Suite& suite) {
    auto const side = std::to_string(Side), channels = std::to_string(Channels);
    measure_gradients(
        suite,
        StackCase{"Conv2D " + side + "x" + side + "x" + channels,
                  Sequential{Input<Side, Side, Channels>{}, Conv2D<Channels, 3, Same>{}},
                  {Side, Side, Channels},
                  {{Layer::conv_2d, Channels, 3, 1}}},
        16);
}

} // namespace

void train_convolutions(Suite& suite) {
    measure_training<float>(suite, cnn_28x28(), {64, 640, 192, 10, 0, "images/s", true, 640});
    measure_training<float>(suite, cnn_32x32(), {50, 400, 200, 10, 0, "images/s", true, 400});
    convolution<56, 64>(suite);
    convolution<28, 128>(suite);
    convolution<14, 256>(suite);
    convolution<7, 512>(suite);
}

} // namespace bench
