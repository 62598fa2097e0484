// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/mean_squared_logarithmic_error.hpp>

#include "check_loss.hpp"

#include <cmath>
#include <limits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("MeanSquaredLogarithmicError: values and gradients") {
    auto const fill = [](Random random, std::size_t n, double* y, double* t) {
        for (std::size_t i = 0; i < n; ++i) {
            t[i] = uniform(random, 2 * i, 0, 9);
            y[i] = uniform(random, 2 * i + 1, 0.1, 9);
        }
    };
    check_elementwise(MeanSquaredLogarithmicError{}, fill, mean_of([](auto y, auto t) {
                          auto const e = std::log(y + 1) - std::log(std::max(t, 1e-7L) + 1);
                          return e * e;
                      }));
}

TEST_CASE("MeanSquaredLogarithmicError by hand; what is negative counts as 1e-7 and has no slope") {
    std::vector<double> const y{std::exp(3.0) - 1, -2}, t{std::exp(1.0) - 1, 0};
    std::vector<double> dy(2);
    double* const none = nullptr;
    CHECK(relative(loss_of<MeanSquaredLogarithmicError, Shape<1>>({}, y, t, none, dy.data(), 1.0),
                   4.0) < 1e-12);
    CHECK(relative(dy[0], 4 / std::exp(3.0)) < 1e-12);
    CHECK(dy[1] == 0.0);

    std::vector<double> const lost{std::numeric_limits<double>::quiet_NaN()}, zero{0};
    CHECK(std::isnan(
        loss_of<MeanSquaredLogarithmicError, Shape<1>>({}, lost, zero, none, none, 1.0)));
}
