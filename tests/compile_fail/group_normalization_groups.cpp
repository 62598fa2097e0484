// expect: GroupNormalization: the features are no multiple of Groups. Choose a divisor of the last axis.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/group_normalization.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4, 6>{}, GroupNormalization<4>{}};
#else
constexpr auto net = Sequential{Input<4, 6>{}, GroupNormalization<3>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
