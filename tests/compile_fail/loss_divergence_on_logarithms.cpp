// expect: KLDivergence takes probabilities, not their logarithms or any numbers. Put Softmax before it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
using End = LogSoftmax;
#else
using End = Softmax;
#endif

auto run() {
    auto model = compile(Sequential{Input<4>{}, Dense<3>{}, End{}}, Adam{}, KLDivergence{});
    return model.predict(Tensor<float, 2>({2, 4}, 0.5f))(0, 0);
}
