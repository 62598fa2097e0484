// expect: callbacks: give the address of an object whose class is derived from lamina::Callback, in public.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
struct Slower {
#else
struct Slower : Callback {
#endif
    void on_epoch_end(Training& training) { training.set_learning_rate(1e-4); }
};

int main() {
    auto model = compile(Sequential{Input<3>{}, Dense<1>{}}, SGD{}, MeanSquaredError{});
    Slower slower;
    Tensor<float, 2> const x{{1, 2, 3}};
    model.fit(x, Tensor<float, 1>{1}, {.epochs = 2, .callbacks = {&slower}});
    return int(model.predict(x)(0, 0));
}
