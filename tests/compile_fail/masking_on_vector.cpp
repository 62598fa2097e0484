// expect: Masking takes a sequence of vectors. For tokens, give Embedding the option MaskZero.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<5>{}, Masking{}, Dense<1>{}};
#else
constexpr auto net = Sequential{Input<5, 2>{}, Masking{}, GlobalMaxPooling1D{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
