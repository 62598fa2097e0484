// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/metric.hpp>

#include <lamina/losses/binary_crossentropy.hpp>
#include <lamina/losses/cosine_similarity.hpp>
#include <lamina/losses/mean_absolute_error.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/losses/sparse_categorical_crossentropy.hpp>
#include <lamina/metrics/accuracy.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("a loss in a metric's place is its running mean") {
    Doubles const y{1, 2, 3, 4}, t{0, 0, 3, 1};
    CHECK(near(evaluate_metric(MeanSquaredError{}, y, t), 3.5));
    CHECK(near(evaluate_metric(MeanAbsoluteError{}, y, t), 1.5));
    CHECK(near(in_batches<Shape<1>>(MeanSquaredError{}, y, t, 3), 3.5));
    CHECK(near(in_batches<Shape<2>>(MeanSquaredError{}, y, t, 1, {1, 3}), 4.0));
    CHECK(near(evaluate_metric(BinaryCrossentropy{}, Doubles{0.8, 0.4}, Doubles{1, 0}),
               -(std::log(0.8) + std::log(0.6)) / 2));
    CHECK(near(evaluate_metric<Shape<2>>(SparseCategoricalCrossentropy{}, Doubles{0.8, 0.2},
                                         Classes{0}),
               -std::log(0.8)));
    // the similarity itself, as keras.metrics.CosineSimilarity
    CHECK(near(evaluate_metric<Shape<2>>(CosineSimilarity{}, Doubles{3, 4}, Doubles{6, 8}), 1.0));
    CHECK(MeanSquaredError::name == "mean_squared_error");
}

TEST_CASE("a loss of other targets does not fit") {
    static_assert(BoundMetric<MeanSquaredError, Shape<3>, Shape<3>>::fits);
    static_assert(!BoundMetric<MeanSquaredError, Shape<3>, Indices<1>>::fits);
    static_assert(!BoundMetric<SparseCategoricalCrossentropy, Shape<1>, Indices<1>>::fits);
    static_assert(std::is_same_v<BoundMetric<Accuracy, Shape<3>, Indices<1>>,
                                 Accuracy::On<Shape<3>, Indices<1>>>);
}

TEST_CASE("sizes that do not fit are an error") {
    CHECK_THROWS_AS(evaluate_metric(Accuracy{}, Doubles{1, 2}, Doubles{1}), Error);
    CHECK_THROWS_AS(evaluate_metric<Shape<3>>(Accuracy{}, Doubles{1, 2}, Classes{0}), Error);
    CHECK_THROWS_AS(evaluate_metric<Shape<2>>(Accuracy{}, Doubles{1, 2}, Classes{0, 1}), Error);
}
