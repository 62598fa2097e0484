// expect: Input<Dims...>: every axis has at least one number.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    auto net = graph<Input<0>, Tokens<4>>([](auto x, auto) { return x | Dense<1>{}; });
#else
    auto net = graph<Input<3>, Tokens<4>>([](auto x, auto) { return x | Dense<1>{}; });
#endif
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
