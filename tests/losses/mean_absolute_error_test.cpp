// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/mean_absolute_error.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("MeanAbsoluteError: values and gradients") {
    check_elementwise(MeanAbsoluteError{}, apart,
                      mean_of([](auto y, auto t) { return std::abs(y - t); }));
}

TEST_CASE("MeanAbsoluteError by hand; no slope where it is met") {
    std::vector<double> const y{1, -2, 3}, t{0, 0, 3};
    std::vector<double> dy(3);
    double* const none = nullptr;
    CHECK(loss_of<MeanAbsoluteError, Shape<1>>({}, y, t, none, dy.data(), 3.0) == 1.0);
    CHECK(dy == std::vector<double>{1.0 / 3, -1.0 / 3, 0});
}
