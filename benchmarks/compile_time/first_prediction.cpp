// SPDX-License-Identifier: BSD-3-Clause
//
// The README's network makes a prediction: the time from its start to it.
#include <lamina/lamina.hpp>

#include <cstdio>

using namespace lamina;

int main() {
    auto model = compile(Sequential{Input<3>{}, Dense<64>{}, ReLU{}, Dense<1>{}, Sigmoid{}},
                         Adam{.learning_rate = 1e-3}, BinaryCrossentropy{}, Accuracy{});
    float const x[3]{5, 1, 1};
    auto work = model.workspace();
    std::printf("%f\n", double(model.predict(work, x)[0]));
}
