// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/hard_swish.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("HardSwish") {
    check_activation(HardSwish{},
                     {.exact =
                          [](long double x) {
                              return x < -3 ? 0 : x > 3 ? x : x * (x + 3) / 6;
                          },
                      .kinks = {-3, 3},
                      .ulps = 3});
    check_golden(HardSwish{}, "act_hardswish");
}
