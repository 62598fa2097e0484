// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/activity_regularization.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("ActivityRegularization: what every layer owes") {
    check_layer("1", Sequential{Input<1>{}, ActivityRegularization{.l1 = 0.5f}});
    check_layer("9", Sequential{Input<9>{}, Dense<9>{}, ActivityRegularization{.l2 = 0.3f}});
    check_layer("both, before one that works in place",
                Sequential{Input<5, 7>{}, Dense<3>{},
                           ActivityRegularization{.l1 = 0.2f, .l2 = 0.3f}, Squash{}, Dense<2>{}});
    check_layer("behind an activation",
                Sequential{Input<4>{}, Dense<67>{}, Squash{}, ActivityRegularization{.l1 = 0.1f}});
    check_layer("none", Sequential{Input<4>{}, ActivityRegularization{}, Dense<2>{}});
}

TEST_CASE("ActivityRegularization: the sum over the batch, by hand") {
    using N = Network<Sequential<Input<3>, ActivityRegularization>, double>;
    Bench<N> bench(Sequential{Input<3>{}, ActivityRegularization{.l1 = 0.5f, .l2 = 0.25f}}, 2,
                   Conditions{});
    bench.x[0] = {1, -2, 0, 4, -0.5, 3};
    CHECK(bench.forward(true) == bench.x[0]);
    // 0.5 (1 + 2 + 0 + 4 + 0.5 + 3) + 0.25 (1 + 4 + 0 + 16 + 0.25 + 9)
    CHECK(bench.loss == 0.5 * 10.5 + 0.25 * 30.25);
}

TEST_CASE("ActivityRegularization: at 0 the penalty has slope 0") {
    using N = Network<Sequential<Input<1>, ActivityRegularization>, double, true>;
    Bench<N> bench(Sequential{Input<1>{}, ActivityRegularization{.l1 = 0.5f}}, 3, Conditions{});
    bench.x[0] = {0, -0.0, 2};
    auto const all = bench.backward();
    double const* const dx = all.data() + all.size() - 3;
    CHECK(dx[0] == bench.factor[0][0]);
    CHECK(dx[1] == bench.factor[0][1]);
    CHECK(dx[2] == bench.factor[0][2] + 0.5);
}
