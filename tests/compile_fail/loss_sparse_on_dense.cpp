// expect: SparseCategoricalCrossentropy takes probabilities. Put Softmax before it, or use its form FromLogits.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Loss = SparseCategoricalCrossentropy;
#else
using Loss = SparseCategoricalCrossentropyFromLogits;
#endif

auto run() {
    auto model = compile(Sequential{Input<4>{}, Dense<3>{}}, Adam{}, Loss{});
    return model.predict(Tensor<float, 2>({2, 4}, 0.5f))(0, 0);
}
