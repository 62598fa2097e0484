// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/relu6.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("ReLU6") {
    check_activation(ReLU6{}, {.exact = [](long double x) { return x > 6 ? 6 : x > 0 ? x : 0; },
                               .kinks = {0, 6},
                               .at_infinity = 6,
                               .slope_at_infinity = 0,
                               .ulps = 0});
    check_golden(ReLU6{}, "act_relu6");
}
