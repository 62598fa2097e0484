// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/elu.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("ELU") {
    check_activation(ELU{}, {.exact = [](long double x) { return x > 0 ? x : std::expm1(x); },
                             .kinks = {0},
                             .at_minus_infinity = -1});
    check_activation(ELU{.alpha = 2},
                     {.exact = [](long double x) { return x > 0 ? x : 2 * std::expm1(x); },
                      .kinks = {0},
                      .at_minus_infinity = -2});
    check_golden(ELU{}, "act_elu");
    check_golden(ELU{.alpha = 0.5f}, "act_elu_p");
}
