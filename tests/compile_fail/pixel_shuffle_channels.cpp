// expect: PixelShuffle<Factor> takes an image, Shape<Height, Width, Channels>, whose channels are a multiple of Factor^2.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4, 4, 6>{}, PixelShuffle<2>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<4, 4, 6>{}, PixelShuffle<1>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
