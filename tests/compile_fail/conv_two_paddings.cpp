// expect: A window takes one of Same, Valid, Causal and Padding<...>. Leave the others out.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<9, 2>{}, Conv1D<3, 2, Same, Causal>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<9, 2>{}, Conv1D<3, 2, Causal>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
