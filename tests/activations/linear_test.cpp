// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/linear.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Linear") {
    check_activation(Linear{}, {.exact = [](long double x) { return x; },
                                .at_minus_infinity = -HUGE_VAL,
                                .slope_at_minus_infinity = 1,
                                .ulps = 0});
}
