// expect: This loss, as a metric, takes other targets than the model's loss. Use one for the same kind of target.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Metric = MeanSquaredError;
#else
using Metric = Accuracy;
#endif

auto run() {
    auto model = compile(Sequential{Input<4>{}, Dense<3>{}, Softmax{}}, Adam{},
        SparseCategoricalCrossentropy{}, Metric{});
    return model.predict(Tensor<float, 2>({2, 4}, 0.5f))(0, 0);
}
