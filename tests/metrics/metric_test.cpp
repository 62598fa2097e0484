// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/metric.hpp>

#include <lamina/losses/binary_crossentropy.hpp>
#include <lamina/losses/cosine_similarity.hpp>
#include <lamina/losses/mean_absolute_error.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/losses/sparse_categorical_crossentropy.hpp>
#include <lamina/metrics/accuracy.hpp>

#include "check_metric.hpp"
#include "support/complaint.hpp"

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
    CHECK(near(
        evaluate_metric<Shape<2>>(SparseCategoricalCrossentropy{}, Doubles{0.8, 0.2}, Classes{0}),
        -std::log(0.8)));
    // the similarity itself, as keras.metrics.CosineSimilarity
    CHECK(near(evaluate_metric<Shape<2>>(CosineSimilarity{}, Doubles{3, 4}, Doubles{6, 8}), 1.0));
    CHECK(MeanSquaredError::name == "mean_squared_error");
}

TEST_CASE("a loss in a metric's place leaves out what its ignore_class says") {
    // of the vectors that are left -log 3/4 and -log 1/2
    Doubles const y{0.75, 0.25, /**/ 0.9, 0.1, /**/ 0.5, 0.5, /**/ 0.2, 0.8};
    double const first = -std::log(0.75), second = -std::log(0.5);
    for (std::int32_t const out : {-1, -100, 7}) {
        SparseCategoricalCrossentropy const loss{.ignore_class = out};
        Classes const t{0, out, 1, out};
        CHECK(near(evaluate_metric<Shape<2>>(loss, y, t), (first + second) / 2));
        for (std::size_t const batch : {1u, 3u, 4u})
            CHECK(near(in_batches<Shape<2>>(loss, y, t, batch, {3, 9, 1, 9}),
                       (3 * first + second) / 4));
        CHECK(near(in_batches<Shape<2, 2>>(loss, y, t, 1), (first + second) / 2));
        CHECK(evaluate_metric<Shape<2>>(loss, y, Classes(4, out)) == 0.0);
    }
    SparseCategoricalCrossentropy const loss{.ignore_class = 0}; // one of the classes
    CHECK(near(evaluate_metric<Shape<2>>(loss, y, Classes{0, 0, 1, 0}), second));
    using FromLogits = SparseCategoricalCrossentropyFromLogits;
    CHECK(near(evaluate_metric<Shape<2>>(FromLogits{.ignore_class = -1}, Doubles{0, 0, 5, 1},
                                         Classes{1, -1}),
               second));
}

TEST_CASE("classes that there are not are an error") {
    Doubles const y{0.75, 0.25, /**/ 0.9, 0.1};
    auto const what = [&](auto const& metric, Classes const& t) {
        return complaint([&] { evaluate_metric<Shape<2>>(metric, y, t); });
    };
    CHECK(what(Accuracy{}, {1, 2}) ==
          "evaluate_metric: label 2 at row 1: these outputs have 2 classes, labels are 0..1. "
          "Leave out the vectors of others.");
    CHECK(what(Accuracy{}, {-1, 0}).find("label -1 at row 0") != std::string::npos);
    CHECK(what(SparseCategoricalCrossentropy{}, {0, 5}).find("label 5") != std::string::npos);
    CHECK(what(SparseCategoricalCrossentropy{.ignore_class = -1}, {0, 5}).find("label 5") !=
          std::string::npos);
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
