// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/sigmoid.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Sigmoid") {
    check_activation(Sigmoid{}, {.exact = [](long double x) { return 1 / (1 + std::exp(-x)); },
                                 .at_infinity = 1,
                                 .slope_at_infinity = 0});
    check_golden(Sigmoid{}, "act_sigmoid");
}
