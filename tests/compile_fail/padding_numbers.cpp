// expect: ZeroPadding2D takes one, two or four numbers.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4, 4, 2>{}, ZeroPadding2D<1, 2, 3>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<4, 4, 2>{}, ZeroPadding2D<1, 2, 3, 4>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
