// expect: BinaryCrossentropyFromLogits takes logits, not probabilities. Use BinaryCrossentropy after Sigmoid.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Loss = BinaryCrossentropyFromLogits;
#else
using Loss = BinaryCrossentropy;
#endif

auto run() {
    auto model = compile(Sequential{Input<4>{}, Dense<3>{}, Sigmoid{}}, Adam{}, Loss{});
    return model.predict(Tensor<float, 2>({2, 4}, 0.5f))(0, 0);
}
