// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/accuracy.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Accuracy of one output") {
    Floats const y{0.9f, 0.5f, 0.2f, 0.7f}, t{1, 1, 0, 0};   // 0.5 is not above 0.5
    CHECK(evaluate_metric(Accuracy{}, y, t) == 0.5);
    CHECK(evaluate_metric(Accuracy{}, y, Classes{1, 1, 0, 0}) == 0.5);
    CHECK(evaluate_metric(Accuracy{.threshold = 0.3f}, y, t) == 0.75);
    CHECK(in_batches<Shape<1>>(Accuracy{}, y, t, 3, {1, 0, 2, 1}) == 0.75);
    CHECK(evaluate_metric(Accuracy{}, Floats{}, Floats{}) == 0.0);
    CHECK(Accuracy::name == "accuracy");
}

TEST_CASE("Accuracy of one output: every length and place, with and without weights") {
    for (std::size_t n : {1u, 3u, 4u, 8u, 15u, 16u, 17u, 33u, 1500u})
        for (std::size_t wrong = 0; wrong < std::min<std::size_t>(n, 40); ++wrong) {
            Floats y(n, 0.75f), t(n, 1.0f), w(n, 0.5f);
            for (std::size_t i = 0; i < n; i += 2) y[i] = 0.25f, t[i] = 0.0f;
            t[wrong] = 1 - t[wrong];
            w[wrong] = 2;
            CHECK(evaluate_metric(Accuracy{}, y, t) == double(n - 1) / double(n));
            double const rest = 0.5 * double(n - 1);
            CHECK(in_batches<Shape<1>>(Accuracy{}, y, t, n, w) == rest / (rest + 2));
        }
}

TEST_CASE("Accuracy of several classes") {
    Floats const y{0.1f, 0.7f, 0.2f, /**/ 0.6f, 0.3f, 0.1f, /**/ 0.4f, 0.4f, 0.2f};
    CHECK(evaluate_metric<Shape<3>>(Accuracy{}, y, Classes{1, 2, 0}) == doctest::Approx(2.0 / 3));
    Floats const one_hot{0, 1, 0, 0, 0, 1, 1, 0, 0};
    CHECK(evaluate_metric<Shape<3>>(Accuracy{}, y, one_hot) == doctest::Approx(2.0 / 3));
    CHECK(in_batches<Shape<3>>(Accuracy{}, y, Classes{1, 2, 0}, 2, {3, 4, 1}) == 0.5);
    // a sequence of three moments, the second masked
    CHECK(in_batches<Shape<3, 3>>(Accuracy{}, y, Classes{1, -100, 0}, 1, {1, 0, 1}) == 1.0);
}
