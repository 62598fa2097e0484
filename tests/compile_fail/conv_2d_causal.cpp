// expect: Causal is for windows along time. Give Conv2D and its like Padding<...>.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<9, 9, 2>{}, Conv2D<3, 2, Causal>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<9, 9, 2>{}, Conv2D<3, 2, Padding<1, 0, 1, 0>>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
