// expect: Conv1D: Groups<N> must divide the input's channels and the filters.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr auto net = Sequential{Input<9, 4>{}, Conv1D<8, 3, Groups<3>>{}};
#else
constexpr auto net = Sequential{Input<9, 4>{}, Conv1D<8, 3, Groups<2>>{}};
#endif

int main() {
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
