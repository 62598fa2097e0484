// expect: A layer's Parameters, and its State, are a list of tensors: using Parameters = lamina::Parameters<...>.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

struct Scale {
    template <class In>
    struct On {
        static constexpr bool fits = true;
        static void otherwise() {}
        using Output = In;
#ifdef SHOULD_FAIL
        using Parameters = Parameter<"scale", Shape<In::last>, Ones>;
#else
        using Parameters = lamina::Parameters<Parameter<"scale", Shape<In::last>, Ones>>;
#endif
        static void forward(auto const& c) {
            auto const [scale] = c.parameters();
            for (std::size_t i = 0; i < c.x.size(); ++i) c.y[i] = scale[i % In::last] * c.x[i];
        }
        static void backward(auto const& c) {
            auto const [scale] = c.parameters();
            auto const [dscale] = c.gradients();
            for (std::size_t i = 0; i < c.x.size(); ++i) {
                dscale[i % In::last] += c.dy[i] * c.x[i];
                c.dx[i] = scale[i % In::last] * c.dy[i];
            }
        }
    };
};

int main() {
    auto model = compile(Sequential{Input<3>{}, Dense<4>{}, Scale{}, Dense<1>{}}, SGD{},
                         MeanSquaredError{});
    Tensor<float, 2> const x{{1, 2, 3}};
    model.fit(x, Tensor<float, 1>{1});
    return int(model.predict(x)(0, 0));
}
