// expect: TimeDistributed takes a sequence. Begin with Input<Time, ...>.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<5>{}, TimeDistributed{Dense<2, ReLU>{}}};
#else
constexpr auto net = Sequential{Input<5, 3>{}, TimeDistributed{Dense<2, ReLU>{}}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
