// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/leaky_relu.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("LeakyReLU") {
    // options are float: in double the slope is what float makes of it
    check_activation(LeakyReLU{},
                     {.exact = [](long double x) { return x > 0 ? x : x * 0.3f; },
                      .kinks = {0},
                      .at_minus_infinity = -HUGE_VAL,
                      .slope_at_minus_infinity = 0.3f,
                      .ulps = 0.6});
    check_golden(LeakyReLU{.negative_slope = 0.01f}, "act_leaky_relu", 1e-6);
    check_golden(LeakyReLU{.negative_slope = 0.2f}, "act_leaky_relu_p", 1e-6);
}
