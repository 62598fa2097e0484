// expect: Dense takes a vector or a sequence of vectors per sample. Put Flatten or Embedding before
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
auto const network = Sequential{Input<28, 28, 3>{}, Dense<10>{}, Sigmoid{}};
#else
auto const network = Sequential{Input<28, 28, 3>{}, Flatten{}, Dense<10>{}, Sigmoid{}};
#endif

float run() {
    auto model = compile(network, Adam{}, BinaryCrossentropy{}, BinaryAccuracy{});
    Tensor<float, 4> const x({2, 28, 28, 3}, 0.5f);
    Tensor<float, 2> const y({2, 10}, 1.0f);
    model.fit(x, y, {.epochs = 2});
    return model.predict(x)(0, 0);
}
