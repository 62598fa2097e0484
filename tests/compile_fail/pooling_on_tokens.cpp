// expect: GlobalAveragePooling1D takes a sequence of vectors. Put Embedding before it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Tokens<5>{}, GlobalAveragePooling1D{}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<5, 2>{}, GlobalAveragePooling1D{}, Dense<1>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
