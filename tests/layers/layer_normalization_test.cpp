// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/layer_normalization.hpp>

#include "support/check_layer.hpp"
#include "support/golden.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

void check_near(std::vector<double> const& expected, double const* found) {
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(std::abs(found[i] - expected[i]) <= 1e-10 * std::max(1.0, std::abs(expected[i])));
}

template <class D>
void check_golden(std::string const& name, D const& definition) {
    INFO(name);
    golden::Case const golden(name);
    using N = Network<D, double, true>;
    Bench<N> bench(definition, golden["in/x"].shape[0], Conditions{});
    std::size_t const f = golden["param/weight"].size();
    CHECK(N::parameters == 2 * f);
    std::copy_n(golden["param/weight"].data(), f, bench.weights.values.data());
    std::copy_n(golden["param/bias"].data(), f, bench.weights.values.data() + f);
    bench.x[0] = golden["in/x"].values;
    bench.factor[0] = golden["gout/y"].values;
    auto const all = bench.backward();
    check_near(golden["out/y"].values, all.data());
    check_near(golden["grad_param/weight"].values, bench.gradients.data());
    check_near(golden["grad_param/bias"].values, bench.gradients.data() + f);
    check_near(golden["grad_in/x"].values, all.data() + all.size() - bench.x[0].size());
}

} // namespace

TEST_CASE("LayerNormalization: what every layer owes") {
    static_assert(!LayerNormalization::On<Shape<5, 1>>::fits); // always beta
    static_assert(LayerNormalizationWith<Axes<2>>::On<Shape<5, 1>>::fits);
    check_layer("2", Sequential{Input<2>{}, Dense<2>{}, LayerNormalization{.epsilon = 0.1f}});
    check_layer("5 x 16", Sequential{Input<5, 16>{}, LayerNormalization{}, Dense<3>{}});
    check_layer("67", Sequential{Input<67>{}, LayerNormalizationWith<NoScale>{}});
    check_layer("image", Sequential{Input<3, 2, 9>{}, LayerNormalizationWith<NoCenter>{}});
    check_layer("neither", Sequential{Input<4>{}, Dense<13>{},
                                      LayerNormalizationWith<NoScale, NoCenter>{}, Squash{}});
    check_layer("frozen", Sequential{Input<4>{}, Dense<5>{}, frozen(LayerNormalization{})});
    check_layer("two axes", Sequential{Input<5, 3>{}, LayerNormalizationWith<Axes<2>>{}});
    check_layer("two of three axes",
                Sequential{Input<4, 3, 2>{}, LayerNormalizationWith<NoCenter, Axes<2>>{}});
    check_layer("three axes",
                Sequential{Input<2, 3, 3>{}, Squash{}, LayerNormalizationWith<Axes<3>>{}});
}

TEST_CASE("LayerNormalization: PyTorch's numbers") {
    check_golden("layernorm_0",
                 Sequential{Input<5>{}, LayerNormalization{.epsilon = 1e-5f}});
    check_golden("layernorm_1",
                 Sequential{Input<4, 6>{}, LayerNormalization{.epsilon = 1e-6f}});
    check_golden("layernorm_2",
                 Sequential{Input<3, 4>{}, LayerNormalizationWith<Axes<2>>{.epsilon = 1e-5f}});
    using Both = LayerNormalizationWith<Axes<2>>::On<Shape<3, 4>>;
    static_assert(std::is_same_v<Both::Gamma::Shape, Shape<3, 4>> && !Both::each_moment);
    static_assert(LayerNormalizationWith<Axes<1>>::On<Shape<3, 4>>::each_moment);
    static_assert(!LayerNormalizationWith<Axes<2>>::On<Shape<4>>::fits);
}

TEST_CASE("LayerNormalization: a vector by hand") {
    using N = Network<Sequential<Input<4>, LayerNormalization>, double>;
    Bench<N> bench(Sequential{Input<4>{}, LayerNormalization{.epsilon = 0}}, 1,
                   Conditions{.spread = 0});
    bench.x[0] = {1, 1, 5, 5};
    CHECK(bench.forward(false) == std::vector<double>{-1, -1, 1, 1});
}

TEST_CASE("LayerNormalization: a large mean costs no digits") {
    using N = Network<Sequential<Input<67>, LayerNormalization>, float>;
    Bench<N> bench({}, 1, Conditions{.spread = 0});
    for (std::size_t i = 0; i < 67; ++i) bench.x[0][i] = 1000.0f + float(i % 2);
    auto const y = bench.forward(false);
    double const mean = 33.0 / 67, deviation = std::sqrt(mean * (1 - mean) + 1e-3);
    for (std::size_t i = 0; i < 67; ++i)
        CHECK(y[i] == doctest::Approx((double(i % 2) - mean) / deviation).epsilon(1e-3));
}
