// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/hard_sigmoid.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("HardSigmoid") {
    check_activation(HardSigmoid{},
                     {.exact =
                          [](long double x) {
                              return x < -3 ? 0 : x > 3 ? 1 : (x + 3) / 6;
                          },
                      .kinks = {-3, 3},
                      .at_infinity = 1,
                      .slope_at_infinity = 0,
                      .ulps = 2});
    check_golden(HardSigmoid{}, "act_hardsigmoid", 1e-7);   // its 1/6 is a float
}
