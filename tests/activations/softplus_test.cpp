// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/softplus.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Softplus") {
    check_activation(Softplus{}, {.exact = [](long double x) {
        return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
    }});
    check_golden(Softplus{}, "act_softplus", 1e-12, 20);   // beyond 20 PyTorch gives x
    check_golden(Softplus{}, "act_softplus", 1e-9);
}
