// expect: MaxPooling2D: a window sees nothing but the zeros around its input. Give less Padding.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4, 4, 1>{}, MaxPooling2D<2, Padding<2>>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<4, 4, 1>{}, MaxPooling2D<2, Padding<1>>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
