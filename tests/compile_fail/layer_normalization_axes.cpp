// expect: LayerNormalizationWith<Axes<N>>: the input has fewer than N axes. Leave Axes out for the last one.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<5>{}, LayerNormalizationWith<Axes<2>>{}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<5, 2>{}, LayerNormalizationWith<Axes<2>>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
