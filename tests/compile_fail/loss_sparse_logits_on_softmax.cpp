// expect: SparseCategoricalCrossentropyFromLogits takes logits. Use SparseCategoricalCrossentropy after Softmax.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Loss = SparseCategoricalCrossentropyFromLogits;
#else
using Loss = SparseCategoricalCrossentropy;
#endif

auto run() {
    auto model = compile(Sequential{Input<4>{}, Dense<3>{}, Softmax{}}, Adam{}, Loss{});
    return model.predict(Tensor<float, 2>({2, 4}, 0.5f))(0, 0);
}
