// expect: Conv2D: filters, kernel, strides, dilation and groups are at least 1.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    using Apart = Strides<0>;
#else
    using Apart = Strides<1>;
#endif
    auto model =
        compile(Sequential{Input<8, 8, 1>{}, Conv2D<4, 3, ReLU, Apart>{}, Flatten{}, Dense<1>{}},
                Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
