// expect: predict_into writes the network's own numbers: float (or compile's T).
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
    auto model = compile(Sequential{Input<2>{}, Dense<1>{}}, Adam{}, MeanSquaredError{});
    auto room = model.workspace();
    float const x[2]{};
#ifdef SHOULD_FAIL
    double y[1];
#else
    float y[1];
#endif
    model.predict_into(x, 1, y, room);
    return int(y[0]);
}
