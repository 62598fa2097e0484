// expect: exclude_from_weight_decay: no parameter of the network has one of these names in its own, as bias or gamma have.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

constexpr Sequential<Input<3>, Dense<1>> net;
Tensor<float, 2> const x{{1, 2, 3}};
Tensor<float, 1> const y{1};

int main() {
#ifdef SHOULD_FAIL
    auto const optimizer = exclude_from_weight_decay<"bias", "gama">(AdamW{});
#else
    auto const optimizer = exclude_from_weight_decay<"bias">(AdamW{});
#endif
    auto model = compile(net, optimizer, MeanSquaredError{});
    model.fit(x, y);
    return int(model.parameter_count);
}
