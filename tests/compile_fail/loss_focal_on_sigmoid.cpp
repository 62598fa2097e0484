// expect: CategoricalFocalCrossentropy takes the probabilities of one choice. Put Softmax before it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Loss = CategoricalFocalCrossentropy;
#else
using Loss = BinaryFocalCrossentropy;
#endif

auto run() {
    auto model = compile(Sequential{Input<4>{}, Dense<3>{}, Sigmoid{}}, Adam{}, Loss{});
    return model.predict(Tensor<float, 2>({2, 4}, 0.5f))(0, 0);
}
