// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/rms_normalization.hpp>

#include "support/check_golden.hpp"
#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>

#include <cmath>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("RMSNormalization: what every layer owes") {
    check_layer("1", Sequential{Input<1>{}, RMSNormalization{.epsilon = 0.1f}});
    check_layer("2", Sequential{Input<2>{}, Dense<2>{}, RMSNormalization{}});
    check_layer("5 x 16", Sequential{Input<5, 16>{}, RMSNormalization{}, Dense<3>{}});
    check_layer("67", Sequential{Input<67>{}, RMSNormalization{}});
    check_layer("image", Sequential{Input<3, 2, 9>{}, RMSNormalization{}});
    check_layer("13", Sequential{Input<4>{}, Dense<13>{}, RMSNormalization{}, Squash{}});
    check_layer("frozen", Sequential{Input<4>{}, Dense<5>{}, frozen(RMSNormalization{})});
    check_layer("129", Sequential{Input<2, 129>{}, RMSNormalization{}, Dense<1>{}});
}

TEST_CASE("RMSNormalization: the golden case") {
    golden::Case const golden("rmsnorm_0");
    Sequential const net{Input<3, 6>{}, RMSNormalization{.epsilon = 1e-5f}};
    check_golden(golden, net, {"in/x"}, {"out/y"}, golden["in/weight"].values,
                 golden["grad_in/weight"].values);
}

TEST_CASE("RMSNormalization: a vector by hand, also a large one") {
    using N = Network<Sequential<Input<4>, RMSNormalization>, double>;
    Bench<N> bench(Sequential{Input<4>{}, RMSNormalization{.epsilon = 0}}, 1,
                   Conditions{.spread = 0});
    bench.x[0] = {1, -1, 5, 3};   // 36 / 4: the root is 3
    auto const y = bench.forward(false);
    for (std::size_t i = 0; i < 4; ++i) CHECK(y[i] == doctest::Approx(bench.x[0][i] / 3));
    for (double& x : bench.x[0]) x *= 1e100;
    auto const large = bench.forward(false);
    for (std::size_t i = 0; i < 4; ++i) CHECK(large[i] == doctest::Approx(y[i]));
}
