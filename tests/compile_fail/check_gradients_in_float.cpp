// expect: check_gradients: float's rounding hides the differences. Make the model by compile<double>(...).
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    auto const model = compile(Sequential{Input<1>{}, Dense<1>{}}, SGD{}, MeanSquaredError{});
#else
    auto const model =
        compile<double>(Sequential{Input<1>{}, Dense<1>{}}, SGD{}, MeanSquaredError{});
#endif
    Tensor<float, 1> const x{1, 2}, y{3, 4};
    return check_gradients(model, x, y).error < 1e-6 ? 0 : 1;
}
