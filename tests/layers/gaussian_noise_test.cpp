// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/gaussian_noise.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>

#include <cmath>
#include <cstddef>

using namespace lamina;
using namespace lamina::testing;

namespace {

constexpr Conditions draws{.by_sample = false, .one_mode = false};

} // namespace

TEST_CASE("GaussianNoise: what every layer owes") {
    check_layer("1", Sequential{Input<1>{}, GaussianNoise{}}, draws);
    check_layer("9", Sequential{Input<9>{}, Dense<9>{}, GaussianNoise{.stddev = 0.3f}, Squash{}},
                draws);
    check_layer("5 x 13", Sequential{Input<5, 13>{}, GaussianNoise{}, Dense<3>{}}, draws);
    check_layer("none", Sequential{Input<4>{}, GaussianNoise{.stddev = 0.0f}, Dense<2>{}});
}

TEST_CASE("GaussianNoise: mean, deviation and tails of what is added") {
    using N = Network<Sequential<Input<1>, GaussianNoise>, double>;
    std::size_t const n = 100000;
    Bench<N> bench(Sequential{Input<1>{}, GaussianNoise{.stddev = 0.25f}}, n, Conditions{});
    auto const y = bench.forward(true);
    double sum = 0, squares = 0, far = 0;
    for (std::size_t i = 0; i < n; ++i) {
        double const z = (y[i] - bench.x[0][i]) / 0.25;
        sum += z;
        squares += z * z;
        far += std::abs(z) > 2;
    }
    double const root = std::sqrt(double(n));
    CHECK(std::abs(sum / double(n)) < 4 / root);
    CHECK(std::abs(squares / double(n) - 1) < 4 * std::sqrt(2.0) / root);
    CHECK(std::abs(far / double(n) - 0.0455) < 4 * std::sqrt(0.0455) / root);
}
