// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/selu.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("SELU") {
    check_activation(SELU{}, {.exact =
                                  [](long double x) {
                                      long double const alpha = 1.6732632423543772848170429916717L;
                                      long double const scale = 1.0507009873554804934193349852946L;
                                      return scale * (x > 0 ? x : alpha * std::expm1(x));
                                  },
                              .kinks = {0},
                              .at_minus_infinity = -1.7580993408473766,
                              .slope_at_infinity = 1.0507009873554805});
    check_golden(SELU{}, "act_selu");
}
