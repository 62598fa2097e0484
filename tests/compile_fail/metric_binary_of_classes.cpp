// expect: BinaryAccuracy takes one target for each output. Use Accuracy for classes told by their numbers.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Metric = BinaryAccuracy;
#else
using Metric = Accuracy;
#endif

auto run() {
    auto model = compile(Sequential{Input<4>{}, Dense<3>{}, Softmax{}}, Adam{},
        SparseCategoricalCrossentropy{}, Metric{});
    return model.predict(Tensor<float, 2>({2, 4}, 0.5f))(0, 0);
}
