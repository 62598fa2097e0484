// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/binary_accuracy.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("BinaryAccuracy: each label by itself") {
    Doubles const y{0.9, 0.1, 0.8, /**/ 0.2, 0.6, 0.4}, t{1, 0, 0, /**/ 0, 1, 1};
    CHECK(near(evaluate_metric<Shape<3>>(BinaryAccuracy{}, y, t), 4.0 / 6));
    CHECK(near(in_batches<Shape<3>>(BinaryAccuracy{}, y, t, 1, {3, 1}), 4.0 * 2 / 12));
    CHECK(near(in_batches<Shape<3>>(BinaryAccuracy{}, y, t, 2, {0, 1}), 2.0 / 3));
    CHECK(near(evaluate_metric<Shape<3>>(BinaryAccuracy{.threshold = 0.85f}, y, t), 4.0 / 6));
    CHECK(near(evaluate_metric(BinaryAccuracy{}, y, t), 4.0 / 6));
}
