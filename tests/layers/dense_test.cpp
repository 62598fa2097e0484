// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/dense.hpp>

#include "support/check_layer.hpp"
#include "support/golden.hpp"
#include "support/layers.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(std::is_same_v<Dense<5>::On<Shape<3>>::Output, Shape<5>>);
static_assert(std::is_same_v<Dense<5>::On<Shape<7, 3>>::Output, Shape<7, 5>>);
static_assert(std::is_same_v<Dense<5>::On<Shape<1, 3>>::Output, Shape<1, 5>>);
static_assert(!Dense<5>::On<Shape<7, 3, 1>>::fits && !Dense<5>::On<Indices<3>>::fits);
static_assert(Network<Sequential<Input<3>, Dense<64>>, float>::parameters == 3 * 64 + 64);
static_assert(Network<Sequential<Input<3>, Dense<64, NoBias>>, float>::parameters == 3 * 64);
static_assert(Network<Sequential<Input<3>, Dense<64>>, float>::flops(2) == 2 * 2 * 3 * 64);

namespace {

void check_near(std::vector<double> const& expected, double const* found) {
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(std::abs(found[i] - expected[i]) <= 1e-10 * std::max(1.0, std::abs(expected[i])));
}

/// PyTorch's weight is [out, in].
std::vector<double> transposed(golden::Array const& weight) {
    std::size_t const out = weight.shape[0], in = weight.shape[1];
    std::vector<double> kernel(out * in);
    for (std::size_t o = 0; o < out; ++o)
        for (std::size_t i = 0; i < in; ++i) kernel[i * out + o] = weight[o * in + i];
    return kernel;
}

template <class D>
void check_golden(std::string const& name, D const& definition) {
    INFO(name);
    golden::Case const golden(name);
    using N = Network<D, double, true>;
    Bench<N> bench(definition, golden["in/x"].shape[0], Conditions{});
    auto const kernel = transposed(golden["param/weight"]);
    std::copy(kernel.begin(), kernel.end(), bench.weights.values.data());
    if (golden.has("param/bias"))
        std::copy_n(golden["param/bias"].data(), golden["param/bias"].size(),
                    bench.weights.values.data() + kernel.size());
    bench.x[0] = golden["in/x"].values;
    bench.factor[0] = golden["gout/y"].values;
    auto const all = bench.backward();
    check_near(golden["out/y"].values, all.data());
    check_near(transposed(golden["grad_param/weight"]), bench.gradients.data());
    if (golden.has("param/bias"))
        check_near(golden["grad_param/bias"].values, bench.gradients.data() + kernel.size());
    check_near(golden["grad_in/x"].values, all.data() + all.size() - bench.x[0].size());
}

} // namespace

TEST_CASE("Dense: what every layer owes") {
    check_layer("1 -> 1", Sequential{Input<1>{}, Dense<1>{}});
    check_layer("4 -> 3", Sequential{Input<4>{}, Dense<3>{}});
    check_layer("17 -> 70", Sequential{Input<17>{}, Dense<70>{}});
    check_layer("64 -> 1", Sequential{Input<64>{}, Dense<1, NoBias>{}});
    check_layer("sequence", Sequential{Input<5, 3>{}, Dense<16>{}, Dense<2>{}});
    check_layer("large", Sequential{Input<70>{}, Dense<61>{}});
    check_layer("with activations", Sequential{Input<4>{}, Dense<9, Squash>{}, Dense<3, Bump>{}});
    check_layer("penalties", Sequential{Input<4>{}, Dense<3>{.kernel_l1 = 0.3f, .kernel_l2 = 0.2f},
                                        Dense<2, Squash>{.kernel_l2 = 0.1f}});
    check_layer("frozen", Sequential{Input<4>{}, frozen(Dense<3>{.kernel_l2 = 0.2f}), Dense<2>{}});
}

TEST_CASE("Dense: PyTorch's numbers") {
    check_golden("linear_0", Sequential{Input<3>{}, Dense<1>{}});
    check_golden("linear_1", Sequential{Input<7>{}, Dense<4>{}});
    check_golden("linear_2", Sequential{Input<3, 6>{}, Dense<5, NoBias>{}});
    check_golden("linear_3", Sequential{Input<10>{}, Dense<64>{}});
}

TEST_CASE("Dense: two samples by hand") {
    using N = Network<Sequential<Input<2>, Dense<2>>, double>;
    Bench<N> bench({}, 2, Conditions{});
    double const values[]{1, 2, 3, 4, 10, 20};   // kernel [[1 2] [3 4]], bias [10 20]
    std::copy_n(values, 6, bench.weights.values.data());
    bench.x[0] = {1, 1, 2, -1};
    CHECK(bench.forward(false) == std::vector<double>{14, 26, 9, 20});
}

TEST_CASE("Dense: options say how the parameters begin") {
    using N = Network<Sequential<Input<2>, Dense<3, KernelInitializer<Ones>,
                                                 BiasInitializer<Ones>>>, float>;
    Weights<N> const weights;
    for (std::size_t i = 0; i < N::parameters; ++i) CHECK(weights.values[i] == 1.0f);

    using Usual = Network<Sequential<Input<50>, Dense<30>>, float>;
    Weights<Usual> const usual;
    double const limit = std::sqrt(6.0 / 80);
    double largest = 0;
    for (std::size_t i = 0; i < 1500; ++i)
        largest = std::max(largest, std::abs(double(usual.values[i])));
    CHECK(largest <= limit);
    CHECK(largest > 0.99 * limit);
    for (std::size_t i = 1500; i < 1530; ++i) CHECK(usual.values[i] == 0.0f);
}

TEST_CASE("Dense: what a penalty adds to the loss") {
    using N = Network<Sequential<Input<1>, Dense<2>>, double>;
    Bench<N> bench(Sequential{Input<1>{}, Dense<2>{.kernel_l1 = 0.5f, .kernel_l2 = 0.25f}}, 1,
                   Conditions{});
    bench.weights.values[0] = -2;
    bench.weights.values[1] = 3;
    bench.value();
    CHECK(bench.loss == 0.5 * 5 + 0.25 * 13);
}
