// expect: tied: the vectors are not as wide as the embedding. Put Dense before it.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

#ifdef SHOULD_FAIL
constexpr std::size_t units = 5;
#else
constexpr std::size_t units = 8;
#endif

int main() {
    auto net = graph<Tokens<6>>([](auto t) {
        auto e = t | Embedding<9, 8>{};
        return e | Dense<units>{} | tied(e);
    });
    auto model = compile(net, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
