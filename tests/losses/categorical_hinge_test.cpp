// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/categorical_hinge.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("CategoricalHinge: values and gradients") {
    auto const oracle = [](double const* y, double const* t, std::size_t n) {
        long double right = 0, wrong = -1e9L;
        for (std::size_t i = 0; i < n; ++i) {
            right += static_cast<long double>(t[i]) * y[i];
            wrong = std::max(wrong, (1 - static_cast<long double>(t[i])) * y[i]);
        }
        return std::max(1 + wrong - right, 0.0L);
    };
    check_rows(CategoricalHinge{}, class_logits, oracle);
}

TEST_CASE("CategoricalHinge by hand") {
    double* const none = nullptr;
    std::vector<double> dy(3);
    std::vector<double> const y{0.5, 2, 1}, t{0, 0, 1};   // 1 + 2 - 1
    CHECK(loss_of<CategoricalHinge, Shape<3>>({}, y, t, none, dy.data(), 1.0) == 2.0);
    CHECK(dy == std::vector<double>{0, 1, -1});
    std::vector<double> const sure{0, 0, 3};
    CHECK(loss_of<CategoricalHinge, Shape<3>>({}, sure, t, none, dy.data(), 1.0) == 0.0);
    CHECK(dy == std::vector<double>{0, 0, 0});
}
