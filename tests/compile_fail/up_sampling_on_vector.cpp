// expect: UpSampling2D takes an image, Shape<Height, Width, Channels>. Put Reshape before it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<16>{}, UpSampling2D<2, 2, Bilinear>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<4, 4, 1>{}, UpSampling2D<2, 2, Bilinear>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
