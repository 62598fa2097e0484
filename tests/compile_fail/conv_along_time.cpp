// expect: Along time Strides and Dilation take one number, Padding one or two.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<9, 2>{}, Conv1D<3, 2, Strides<2, 1>>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<9, 2>{}, Conv1D<3, 2, Strides<2>>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
