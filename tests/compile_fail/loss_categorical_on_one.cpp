// expect: CategoricalCrossentropyFromLogits takes several classes. Use BinaryCrossentropyFromLogits for one output.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using Loss = CategoricalCrossentropyFromLogits;
#else
using Loss = BinaryCrossentropyFromLogits;
#endif

auto run() {
    auto model = compile(Sequential{Input<4>{}, Dense<1>{}}, Adam{}, Loss{});
    return model.predict(Tensor<float, 2>({2, 4}, 0.5f))(0, 0);
}
