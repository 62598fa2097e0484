// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/root_mean_squared_error.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("RootMeanSquaredError by hand: the root of all squares' mean, not the mean of roots") {
    Doubles const y{1, 2, 3, 4}, t{0, 0, 3, 1};
    CHECK(near(evaluate_metric(RootMeanSquaredError{}, y, t), std::sqrt(14.0 / 4)));
    CHECK(near(in_batches<Shape<1>>(RootMeanSquaredError{}, y, t, 1), std::sqrt(14.0 / 4)));
    CHECK(near(in_batches<Shape<2>>(RootMeanSquaredError{}, y, t, 1, {1, 3}), 2.0));
    CHECK(RootMeanSquaredError::name == "root_mean_squared_error");
}
