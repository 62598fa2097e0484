// expect: A loss of single numbers has template <class V> kernels::LossAndSlope<V> operator()(V y, V target) const.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

using namespace lamina;

struct FourthPower {
    static constexpr std::string_view name = "fourth_power";
    static constexpr TargetRule rule = TargetRule::number;
    template <class Y>
    using On = ElementwiseLoss<FourthPower, Y>;
    template <class V>
#ifdef SHOULD_FAIL
    V operator()(V y, V target) const {
        V const e = y - target;
        return e * e * e * e;
    }
#else
    kernels::LossAndSlope<V> operator()(V y, V target) const {
        V const e = y - target;
        return {e * e * e * e, V(4) * e * e * e};
    }
#endif
};

int main() {
    auto model = compile(Sequential{Input<3>{}, Dense<1>{}}, SGD{}, FourthPower{});
    Tensor<float, 2> const x{{1, 2, 3}};
    model.fit(x, Tensor<float, 1>{1});
    return int(model.predict(x)(0, 0));
}
