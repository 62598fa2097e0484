// expect: BinaryCrossentropy takes one probability per sample or label.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Loss = BinaryCrossentropy;
#else
using Loss = CategoricalCrossentropy;
#endif

float run() {
    auto model = compile(Sequential{Input<4>{}, Dense<3>{}, Softmax{}}, Adam{}, Loss{});
    Tensor<float, 2> const x({2, 4}, 0.5f);
    Tensor<float, 2> const y{{1, 0, 0}, {0, 1, 0}};
    model.fit(x, y, {.epochs = 2});
    return model.predict(x)(0, 0);
}
