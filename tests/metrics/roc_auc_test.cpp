// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/roc_auc.hpp>

#include "check_metric.hpp"

#include <limits>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("roc_auc is the share of pairs in the right order, ties counting half") {
    CHECK(roc_auc(Doubles{0.1, 0.4, 0.35, 0.8}, Classes{0, 0, 1, 1}) == 0.75);
    CHECK(roc_auc(Doubles{0.5, 0.5, 0.5}, Doubles{1, 0, 0}) == 0.5);
    CHECK(roc_auc(Floats{3, 2, 1}, Classes{0, 1, 1}) == 0.0);
    Doubles const y{0.2, 0.7, 0.7, 0.1, 0.9, 0.2, 0.4}, t{0, 1, 0, 0, 1, 1, 0};
    double right = 0, pairs = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
        for (std::size_t j = 0; j < y.size(); ++j)
            if (t[i] > t[j]) {
                right += y[i] > y[j] ? 1 : y[i] == y[j] ? 0.5 : 0;
                ++pairs;
            }
    CHECK(near(roc_auc(y, t), right / pairs));
}

TEST_CASE("roc_auc: what has no answer is an error") {
    CHECK_THROWS_WITH_AS(roc_auc(Doubles{1, 2}, Doubles{1}),
                         "roc_auc: 1 label for 2 scores. Give a label, 0 or 1, for each score.",
                         Error);
    CHECK_THROWS_WITH_AS(roc_auc(Doubles{1, 2}, Doubles{1, 1}),
                         "roc_auc: all labels are the same. The area needs labels of both kinds.",
                         Error);
    CHECK_THROWS_AS(roc_auc(Doubles{}, Doubles{}), Error);
    Doubles const scores{1, std::numeric_limits<double>::quiet_NaN()};
    CHECK_THROWS_WITH_AS(roc_auc(scores, Doubles{1, 0}),
                         "roc_auc: score 1 is NaN. Give scores that can be compared.", Error);
}
