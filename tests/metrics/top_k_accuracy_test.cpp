// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/top_k_accuracy.hpp>

#include "check_metric.hpp"

#include <limits>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("TopKAccuracy by hand") {
    Doubles const y{0.1, 0.2, 0.3, 0.4, /**/ 0.4, 0.3, 0.2, 0.1};
    CHECK(evaluate_metric<Shape<4>>(TopKAccuracy<1>{}, y, Classes{3, 1}) == 0.5);
    CHECK(evaluate_metric<Shape<4>>(TopKAccuracy<2>{}, y, Classes{3, 1}) == 1.0);
    CHECK(evaluate_metric<Shape<4>>(TopKAccuracy<2>{}, y, Classes{1, 2}) == 0.0);
    CHECK(evaluate_metric<Shape<4>>(TopKAccuracy<3>{}, y, Classes{1, 2}) == 1.0);
    CHECK(evaluate_metric<Shape<4>>(TopKAccuracy<3>{}, y, Doubles{0, 1, 0, 0, 0, 0, 0, 1}) == 0.5);
    CHECK(in_batches<Shape<4>>(TopKAccuracy<1>{}, y, Classes{3, -1}, 1, {2, 0}) == 1.0);
}

TEST_CASE("TopKAccuracy: ties are among them, NaN is not") {
    double const nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(evaluate_metric<Shape<3>>(TopKAccuracy<1>{}, Doubles{1, 1, 1}, Classes{2}) == 1.0);
    CHECK(evaluate_metric<Shape<3>>(TopKAccuracy<2>{}, Doubles{3, nan, 1}, Classes{1}) == 0.0);
}
