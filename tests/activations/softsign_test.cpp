// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/softsign.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Softsign") {
    check_activation(Softsign{}, {.exact = [](long double x) { return x / (1 + std::fabs(x)); },
                                  .kinks = {0},   // of the slope
                                  .at_minus_infinity = -1,
                                  .at_infinity = 1,
                                  .slope_at_infinity = 0});
    check_golden(Softsign{}, "act_softsign");
}
