// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/gelu_tanh.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("GELUTanh") {
    // far below 0 the cube carries its own rounding into the exponent
    check_activation(GELUTanh{}, {.exact =
                                      [](long double x) {
                                          long double const root = 0.797884560802865355879892L;
                                          long double const u = root * (x + 0.044715L * x * x * x);
                                          return x / (1 + std::exp(-2 * u));
                                      },
                                  .ulps = 4,
                                  .absolute = 1});
    check_golden(GELUTanh{}, "act_gelu_tanh");
}
