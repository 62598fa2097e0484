// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/cohen_kappa.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("CohenKappa: scikit-learn's own example, of three classes") {
    Floats const y{1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0};
    Classes const t{0, 2, 0, 1, 2};
    CHECK(near(evaluate_metric<Shape<3>>(CohenKappa{}, y, t), 0.6875));
    // the one mistake is two classes apart; by chance 8, 10, 14 of 25 for 1, 2, 4
    double const is = 1.0 / 5;
    auto const kappa = [&](Disagreement how) {
        return evaluate_metric<Shape<3>>(CohenKappa{.disagreement = how}, y, t);
    };
    // truths 2, 1, 2 and answers 3, 1, 1 of 5: apart by one (2 1 + 1 3 + 1 1 + 2 1), by two 2 1 + 2
    // 3
    CHECK(near(kappa(Disagreement::linear), 1 - 2 * is / ((8 + 2 * 8) / 25.0)));
    CHECK(near(kappa(Disagreement::quadratic), 1 - 4 * is / ((8 + 4 * 8) / 25.0)));
    CHECK(near(kappa(Disagreement::equal), 1 - is / ((8 + 8) / 25.0)));
}

TEST_CASE("CohenKappa of one output, in batches, weighted, and where there is one class alone") {
    Floats const y{0.1f, 0.9f, 0.2f, 0.3f}, t{1, 1, 0, 0};
    CHECK(near(evaluate_metric(CohenKappa{}, y, t), 0.5));
    CHECK(near(in_batches<Shape<1>>(CohenKappa{}, y, t, 3, {0, 1, 1, 1}), 1));
    CHECK(evaluate_metric(CohenKappa{.threshold = 0.05f}, y, Floats(4, 1.0f)) == 0);
}
