// expect: PixelUnshuffle<Factor> takes an image, Shape<Height, Width, Channels>, whose height and width are multiples of Factor.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4, 5, 6>{}, PixelUnshuffle<2>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<4, 5, 6>{}, PixelUnshuffle<1>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
