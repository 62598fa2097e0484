// expect: FeedForward{.dropout = ...} drops out behind its activation: FeedForward<Hidden, ReLU, InnerDropout>.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    FeedForward<8, ReLU> const network{.dropout = 0.1f};
#else
    FeedForward<8, ReLU, InnerDropout> const network{.dropout = 0.1f};
#endif
    auto model = compile(Sequential{Input<3, 4>{}, network}, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
