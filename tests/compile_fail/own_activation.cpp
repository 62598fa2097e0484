// expect: An activation has template <class V> V value(V x) const, and slope likewise: V is a batch of numbers.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

struct Cube {
    static constexpr bool from_output = false;
    template <class In>
    using On = Elementwise<Cube, In>;
#ifdef SHOULD_FAIL
    float value(float x) const { return x * x * x; }
    float slope(float x) const { return 3 * x * x; }
#else
    template <class V>
    V value(V x) const { return x * x * x; }
    template <class V>
    V slope(V x) const { return V(3) * x * x; }
#endif
};

int main() {
    auto model = compile(Sequential{Input<3>{}, Dense<4, Cube>{}, Dense<1>{}}, SGD{},
                         MeanSquaredError{});
    Tensor<float, 2> const x{{1, 2, 3}};
    model.fit(x, Tensor<float, 1>{1});
    return int(model.predict(x)(0, 0));
}
