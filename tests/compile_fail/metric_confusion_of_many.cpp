// expect: ConfusionMatrix takes up to 256 classes, and one target for each output vector.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Metric = ConfusionMatrix;
#else
using Metric = Accuracy;
#endif

auto run() {
    auto model = compile(Sequential{Input<4>{}, Dense<300>{}, Softmax{}}, Adam{},
        SparseCategoricalCrossentropy{}, Metric{});
    return model.predict(Tensor<float, 2>({2, 4}, 0.5f))(0, 0);
}
