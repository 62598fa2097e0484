// expect: exclude_from_weight_decay takes an optimizer that has a weight_decay, such as AdamW{}.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

constexpr Sequential<Input<3>, Dense<1>> net;
Tensor<float, 2> const x{{1, 2, 3}};
Tensor<float, 1> const y{1};

int main() {
#ifdef SHOULD_FAIL
    auto model = compile(net, exclude_from_weight_decay(Rprop{}), MeanSquaredError{});
#else
    auto model = compile(net, exclude_from_weight_decay(AdamW{}), MeanSquaredError{});
#endif
    model.fit(x, y);
    return int(model.parameter_count);
}
