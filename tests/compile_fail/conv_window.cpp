// expect: Conv2D: the window is larger than its input with its padding. Make it smaller, or give Same.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<2, 9, 1>{}, Conv2D<8, 3>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<3, 9, 1>{}, Conv2D<8, 3>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
