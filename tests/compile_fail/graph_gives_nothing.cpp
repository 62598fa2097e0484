// expect: graph: the function gives no node. Write return x | Dense<1>{}; or return outputs(a, b); unless an error above says why.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = graph<Input<3>>([](auto x) { x | Dense<1>{}; });
#else
constexpr auto net = graph<Input<3>>([](auto x) { return x | Dense<1>{}; });
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
