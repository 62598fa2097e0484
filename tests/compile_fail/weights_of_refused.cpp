// expect: graph: the lambda captures. The compiler runs it: write the value inside, or make it constexpr or a template argument.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
    int const way = 1;
#ifdef SHOULD_FAIL
    auto const net = graph<Input<4>>([=](auto x) { return x | Dropout{.rate = float(way)}; });
#else
    auto const net = graph<Input<4>>([](auto x) { return x | Dense<3>{}; });
#endif
    Weights weights{net};
    auto model = compile(Sequential{Input<4>{}, Dense<3>{}}, Adam{}, MeanSquaredError{});
    transfer(model, weights, "dense", "dense");
    transfer(weights, model);
    model.weights.layer("dense")["kernel"].numbers[0] = 1;
    Tensor<float, 2> const x{{1, 2, 3, 4}};
    return int(predict(weights, x)(0, 0)) + int(weights.layer(1)["bias"].numbers[0]) + way;
}
