// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/silu.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("SiLU") {
    check_activation(SiLU{}, {.exact = [](long double x) { return x / (1 + std::exp(-x)); }});
    check_golden(SiLU{}, "act_silu");
}
