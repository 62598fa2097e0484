// expect: GroupNormalization over one number is always beta. Choose fewer Groups.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<6>{}, GroupNormalization<6>{}};
#else
constexpr auto net = Sequential{Input<6>{}, GroupNormalization<3>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
