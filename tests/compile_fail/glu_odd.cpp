// expect: GLU takes an even last axis, value and gate side by side, or two inputs of one shape.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/glu.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4>{}, Dense<7>{}, GLU{}};
#else
constexpr auto net = Sequential{Input<4>{}, Dense<8>{}, GLU{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
