// expect: A layer bound on a shape says its Output, a Shape<...>, and has forward(c) and backward(c).
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

#include <cstddef>

using namespace lamina;

struct Twice {
    template <class In>
    struct On {
#ifndef SHOULD_FAIL
        using Output = In;
#endif
        static void forward(auto const& c) {
            for (std::size_t i = 0; i < c.x.size(); ++i) c.y[i] = 2 * c.x[i];
        }
        static void backward(auto const& c) {
            for (std::size_t i = 0; i < c.x.size(); ++i) c.dx[i] = 2 * c.dy[i];
        }
    };
};

int main() {
    auto model = compile(Sequential{Input<4>{}, Twice{}, Dense<1>{}}, Adam{}, MeanSquaredError{});
    return int(model.parameter_count);
}
