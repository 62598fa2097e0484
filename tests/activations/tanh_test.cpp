// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/tanh.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Tanh") {
    check_activation(Tanh{}, {.exact = [](long double x) { return std::tanh(x); },
                              .at_minus_infinity = -1,
                              .at_infinity = 1,
                              .slope_at_infinity = 0});
    check_golden(Tanh{}, "act_tanh");
}
