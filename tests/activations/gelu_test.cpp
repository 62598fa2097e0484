// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/gelu.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("GELU") {
    check_activation(GELU{}, {.exact =
                                  [](long double x) {
                                      return x * std::erfc(-x * std::sqrt(0.5L)) / 2;
                                  },
                              .ulps = 8});
    check_golden(GELU{}, "act_gelu_erf");
}
