// expect: Permute takes the input's axes, counted from 1, each once.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<3, 4>{}, Permute<1, 1>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<3, 4>{}, Permute<2, 1>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
