// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/exponential.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Exponential") {
    check_activation(Exponential{}, {.exact = [](long double x) { return std::exp(x); },
                                     .slope_at_infinity = HUGE_VAL});
    check_golden(Exponential{}, "act_exp_clip", 1e-12, 20);   // the case is clipped above
}
