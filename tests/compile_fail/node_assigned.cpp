// expect: A node's type says its shape: instead of x = x | ... give the new one a name, auto h = x | Dense<4>{};
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    auto net = graph<Input<3>>([](auto x) {
        x = x | Dense<4>{};
        return x | Dense<1>{};
    });
    auto model = compile(net, Adam{}, MeanSquaredError{});
#else
    auto net = graph<Input<3>>([](auto x) {
        auto h = x | Dense<4>{};
        return h | Dense<1>{};
    });
    auto model = compile(net, Adam{}, MeanSquaredError{});
#endif
    return int(model.parameter_count);
}
