// expect: ConcatenateAlong<Axis> takes inputs that have that axis and differ in it only. Reshape them first.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

auto net = graph<Input<5, 3>, Input<4, 3>>([](auto a, auto b) {
#ifdef SHOULD_FAIL
    return join(a, b) | ConcatenateAlong<2>{} | Flatten{} | Dense<1>{};
#else
    return join(a, b) | ConcatenateAlong<1>{} | Flatten{} | Dense<1>{};
#endif
});

int main() { return int(compile(net, SGD{}, MeanSquaredError{}).parameter_count); }
