// expect: Conv2D takes an image, Shape<Height, Width, Channels>. Begin with Input<28, 28, 1>, or Reshape.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<28, 28>{}, Conv2D<8, 3>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<28, 28, 1>{}, Conv2D<8, 3>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
