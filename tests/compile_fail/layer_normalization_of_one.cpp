// expect: LayerNormalization over one number is always beta. Give it two or more, or use BatchNormalization.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<24, 1>{}, LayerNormalization{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<24, 1>{}, BatchNormalization{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
