// expect: join: a layer takes at most 8 inputs. Join some of them before: join(join(a, b) | Concatenate{}, c) | Concatenate{}.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

int main() {
    auto const net = graph<Input<4>>([](auto x) {
        auto const a = x | Dense<2>{};
#ifdef SHOULD_FAIL
        return join(a, a, a, a, a, a, a, a, a) | Concatenate{} | Dense<1>{};
#else
        return join(join(a, a, a, a, a, a, a, a) | Concatenate{}, a) | Concatenate{} | Dense<1>{};
#endif
    });
    auto const model = compile(net, SGD{}, MeanSquaredError{});
    return int(model.parameter_count);
}
