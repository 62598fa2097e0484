// expect: Conv2D takes an image, Shape<Height, Width, Channels>.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    using In = Input<64>;
#else
    using In = Input<8, 8, 1>;
#endif
    auto const model = compile(Sequential{In{}, Conv2D<3, 3>{}}, Adam{}, MeanSquaredError{});
    Predictor const predictor{model};
    auto room = predictor.workspace();
    float const x[64]{};
    float y[108]{};
    predictor.predict_into(x, 1, y, room);
    auto const all = predictor.predict(Array(x, {1, 8, 8, 1}));
    return int(y[0]) + int(all.size()) + int(*predictor.predict(room, {x}, 1));
}
