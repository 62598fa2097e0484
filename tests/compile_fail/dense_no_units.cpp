// expect: Dense<Units> needs at least one unit.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    constexpr std::size_t units = 0;
#else
    constexpr std::size_t units = 8;
#endif
    auto model = compile(Sequential{Input<6, 4>{}, TimeDistributed{Dense<units>{}}, Flatten{},
                                    Dense<units, ReLU>{}, Dense<1>{}},
                         Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
