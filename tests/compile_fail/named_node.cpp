// expect: named takes a layer, not what comes out of it: x | named<...>(Dense<3>{}).
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
    auto net = graph<Input<4>>([](auto x) {
#ifdef SHOULD_FAIL
        return named<"a">(x | Dense<3>{}) | Dense<1>{};
#else
        return x | named<"a">(Dense<3>{}) | Dense<1>{};
#endif
    });
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
