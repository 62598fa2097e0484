// expect: Dense takes a vector or a sequence of vectors per sample. Put Flatten or Embedding before it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    using In = Tokens<4>;
#else
    using In = Input<4>;
#endif
    auto model = compile(Sequential{In{}, Dense<3>{}}, Adam{}, MeanSquaredError{});
    auto other = model;
    other.weights = model.weights;
    other.weights.values[0] += 0.5f * model.weights.values[0];
    model.weights.layer("dense")["kernel"].numbers[0] = 1;
    Tensor<float, 2> const x{{1, 2, 3, 4}};
    return int(model.predict_stochastic(x, {.seed = 3})(0, 0));
}
