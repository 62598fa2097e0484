// expect: graph: an output is an input of the network as it is. Put a layer between them: Linear{} changes nothing.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
    auto net = graph<Input<3>>([](auto x) {
#ifdef SHOULD_FAIL
        return outputs(x | Dense<1>{}, x);
#else
        return outputs(x | Dense<1>{}, x | Linear{});
#endif
    });
    auto model = compile(net, Adam{}, losses(MeanSquaredError{}, MeanSquaredError{}));
    return int(model.parameter_count);
}
