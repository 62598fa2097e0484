// expect: Reshape<Dims...>: the product of Dims is not the size of its input. Choose axes that multiply to it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<12>{}, Reshape<5, 2>{}, Flatten{}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<12>{}, Reshape<6, 2>{}, Flatten{}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
