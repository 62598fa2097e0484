// expect: BinaryCrossentropy takes probabilities. Put Sigmoid before it, or use BinaryCrossentropyFromLogits.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Loss = BinaryCrossentropy;
#else
using Loss = MeanSquaredError;
#endif

auto run() {
    auto model = compile(Sequential{Input<4>{}, Dense<2, ReLU>{}}, Adam{}, Loss{});
    return model.predict(Tensor<float, 2>({2, 4}, 0.5f))(0, 0);
}
