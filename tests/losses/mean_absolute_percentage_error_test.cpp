// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/mean_absolute_percentage_error.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("MeanAbsolutePercentageError: values and gradients") {
    auto const fill = [](Random random, std::size_t n, double* y, double* t) {
        apart(random, n, y, t);
        for (std::size_t i = 0; i < n; ++i) {   // targets of the size of 1, of both signs
            double const move = t[i] < 0 ? -0.5 : 0.5;
            t[i] += move;
            y[i] += move;
        }
    };
    check_elementwise(MeanAbsolutePercentageError{}, fill,
                      mean_of([](auto y, auto t) { return 100 * std::abs(y - t) / std::abs(t); }));
}

TEST_CASE("MeanAbsolutePercentageError by hand; a target of 0 counts as 1e-7") {
    std::vector<double> const y{1.5, -1, 2}, t{1, -2, 2};
    std::vector<double> dy(3);
    double* const none = nullptr;
    CHECK(loss_of<MeanAbsolutePercentageError, Shape<1>>({}, y, t, none, dy.data(), 1.0) == 100.0);
    CHECK(dy == std::vector<double>{100, 50, 0});
    std::vector<double> const small{1e-7}, zero{0};
    CHECK(relative(loss_of<MeanAbsolutePercentageError, Shape<1>>({}, small, zero, none, none, 1.0),
                   100.0) < 1e-12);
}
