// expect: RootMeanSquaredError takes targets of the output's shape.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Metric = RootMeanSquaredError;
#else
using Metric = F1Score;
#endif

auto run() {
    auto model = compile(Sequential{Input<4>{}, Dense<3>{}, Softmax{}}, Adam{},
        SparseCategoricalCrossentropy{}, Metric{});
    return model.predict(Tensor<float, 2>({2, 4}, 0.5f))(0, 0);
}
