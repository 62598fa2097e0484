// expect: ReflectionPadding2D takes an image, Shape<Height, Width, Channels>, larger than what is reflected of it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4, 4, 2>{}, ReflectionPadding2D<4>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<4, 4, 2>{}, ReflectionPadding2D<3>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
