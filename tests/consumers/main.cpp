// SPDX-License-Identifier: BSD-3-Clause
// What a program that uses the library looks like: it learns XOR and says whether it did.
#include <lamina/lamina.hpp>

#include <cstdio>

int main() {
    using namespace lamina;
    Tensor<float, 2> const x{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    Tensor<float, 2> const y{{0}, {1}, {1}, {0}};

    auto model = compile(Sequential{Input<2>{}, Dense<16>{}, Tanh{}, Dense<1>{}, Sigmoid{}},
                         Adam{.learning_rate = 0.05f}, BinaryCrossentropy{}, Accuracy{});
    model.fit(x, y, {.epochs = 300, .batch_size = 4, .verbose = 0});
    auto const [loss, accuracy] = model.evaluate(x, y, {.verbose = 0});
    std::printf("loss %.4f, accuracy %.2f\n", double(loss), double(accuracy));
    return accuracy == 1 ? 0 : 1;
}
