// expect: Dice and Tversky take probabilities. Put Sigmoid or Softmax before them.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    auto model = compile(Sequential{Input<8, 8, 1>{}, Conv2D<1, 3, ReLU, Same>{}}, Adam{}, Dice{});
#else
    auto model =
        compile(Sequential{Input<8, 8, 1>{}, Conv2D<1, 3, Sigmoid, Same>{}}, Adam{}, Dice{});
#endif
    return int(model.parameter_count);
}
