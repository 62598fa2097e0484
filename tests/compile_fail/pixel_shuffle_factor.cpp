// expect: PixelShuffle<Factor> takes a number above 0.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<4, 4, 4>{}, PixelShuffle<0>{}, Flatten{}};
#else
constexpr auto net = Sequential{Input<4, 4, 4>{}, PixelShuffle<2>{}, Flatten{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
