// expect: TopKAccuracy<K> takes more than K classes, and one target for each output vector.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Metric = TopKAccuracy<3>;
#else
using Metric = TopKAccuracy<2>;
#endif

auto run() {
    auto model = compile(Sequential{Input<4>{}, Dense<3>{}, Softmax{}}, Adam{},
        CategoricalCrossentropy{}, Metric{});
    return model.predict(Tensor<float, 2>({2, 4}, 0.5f))(0, 0);
}
