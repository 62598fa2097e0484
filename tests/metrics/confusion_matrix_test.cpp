// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/confusion_matrix.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("ConfusionMatrix of one output: rows are the truth") {
    Floats const y{0.9f, 0.8f, 0.1f, 0.6f, 0.2f}, t{1, 1, 1, 0, 0};
    auto const m = evaluate_metric(ConfusionMatrix{}, y, t);
    CHECK(m(1, 1) == 2);
    CHECK(m(1, 0) == 1);
    CHECK(m(0, 1) == 1);
    CHECK(m(0, 0) == 1);
    CHECK(m.total() == 5);
    CHECK(near(m.accuracy(), 0.6));
    CHECK(near(m.precision(1), 2.0 / 3));
    CHECK(near(m.recall(1), 2.0 / 3));
    CHECK(near(m.f1(0), 0.5));
    CHECK(near(m.iou(1), 2.0 / 4));
    CHECK(near(m.matthews(), (2.0 * 1 - 1.0 * 1) / std::sqrt(3.0 * 3 * 2 * 2)));
    Classes const labels{1, 1, 1, 0, 0};
    CHECK(evaluate_metric(ConfusionMatrix{.threshold = 0.7f}, y, labels)(0, 0) == 2);
}

TEST_CASE("ConfusionMatrix of several classes, weighted") {
    Doubles const y{1, 0, 0, /**/ 0, 1, 0, /**/ 0, 1, 0, /**/ 0, 0, 1};
    Classes const t{0, 0, 1, -1};
    auto const m = in_batches<Shape<3>>(ConfusionMatrix{}, y, t, 1, {1, 2, 0.5, 0});
    CHECK(m(0, 0) == 1);
    CHECK(m(0, 1) == 2);
    CHECK(m(1, 1) == 0.5);
    CHECK(m.total() == 3.5);
    CHECK(m.predicted(1) == 2.5);
    CHECK(m.actual(0) == 3);
    CHECK(m.precision(2) == 0.0);
    CHECK(m.iou(2) == 0.0);
    CHECK(Confusion<3>{}.matthews() == 0.0);
    CHECK(Confusion<3>{}.accuracy() == 0.0);
}

TEST_CASE("a table for people") {
    Confusion<2> m;
    m.counts = {{{102, 3}, {1, 12345}}};
    CHECK(m.text() == "true \\ predicted    0      1\n"
                      "0                 102      3\n"
                      "1                   1  12345\n");
    CHECK(m.text({"healthy", "ill"}) == "true \\ predicted  healthy    ill\n"
                                        "healthy               102      3\n"
                                        "ill                     1  12345\n");
}
