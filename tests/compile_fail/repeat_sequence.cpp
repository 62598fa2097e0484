// expect: RepeatVector takes a vector. Put Flatten before it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<5, 3>{}, RepeatVector<2>{}};
#else
constexpr auto net = Sequential{Input<15>{}, RepeatVector<2>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
