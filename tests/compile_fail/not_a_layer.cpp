// expect: What stands behind | is not a layer, or it takes another number of inputs: give one node, or join(a, b) for several
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4>{}, Dense<3>{}, 0.5f, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<4>{}, Dense<3>{}, Dropout{.rate = 0.5f}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
