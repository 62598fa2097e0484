// expect: Cropping1D takes a sequence of vectors that is longer than what is cut off. Cut off less.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4, 2>{}, Cropping1D<2>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<5, 2>{}, Cropping1D<2>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
