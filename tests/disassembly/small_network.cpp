// SPDX-License-Identifier: BSD-3-Clause
// A network so small that its walk is unrolled: its layers' functions are inlined there, and none
// of them is compiled a second time for a table that nobody walks.
#include <lamina/activations/relu.hpp>
#include <lamina/activations/sigmoid.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/losses/binary_crossentropy.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/adam.hpp>

using namespace lamina;

void run(xt::xtensor<float, 2> const& x, xt::xtensor<float, 1> const& y) {
    auto model = compile(Sequential{Input<3>{}, Dense<64, ReLU>{}, Dense<1, Sigmoid>{}}, Adam{},
                         BinaryCrossentropy{});
    model.fit(x, y, {});
    model.predict(x);
    static_cast<void>(model.summary());
}
