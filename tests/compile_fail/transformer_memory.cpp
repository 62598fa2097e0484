// expect: Attention takes sequences of vectors. Put Embedding or Reshape<Time, Features> before it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
#ifdef SHOULD_FAIL
    using Memory = Input<12>;
#else
    using Memory = Input<3, 4>;
#endif
    auto const net = graph<Input<5, 8>, Memory>([](auto x, auto memory) {
        return join(x, memory) | TransformerDecoderLayer<2, 16>{};
    });
    auto model = compile(net, Adam{}, MeanSquaredError{});
    static_cast<void>(model);
}
