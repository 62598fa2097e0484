// expect: graph: the lambda captures. The compiler runs it: write the value inside, or make it constexpr or a template argument.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr int units = 8;
auto network(float rate) {
    return graph<Input<4>>([rate](auto x) { return x | Dropout{.rate = rate} | Dense<1>{}; });
}
#else
constexpr int units = 8;
auto network(float) {
    return graph<Input<4>>([](auto x) { return x | Dropout{.rate = 0.3f} | Dense<units>{}; });
}
#endif

int main() {
    auto model = compile(network(0.3f), Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
