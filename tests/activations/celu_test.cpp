// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/celu.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("CELU") {
    check_activation(CELU{}, {.exact = [](long double x) { return x > 0 ? x : std::expm1(x); },
                              .kinks = {0},
                              .at_minus_infinity = -1});
    check_activation(CELU{.alpha = 2},
                     {.exact = [](long double x) { return x > 0 ? x : 2 * std::expm1(x / 2); },
                      .kinks = {0},
                      .at_minus_infinity = -2});
    check_golden(CELU{.alpha = 2}, "act_celu_p");
}
