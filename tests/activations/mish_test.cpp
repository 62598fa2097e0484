// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/mish.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Mish") {
    check_activation(Mish{}, {.exact =
                                  [](long double x) {
                                      return x * std::tanh(std::log1p(std::exp(x)));
                                  },
                              .ulps = 6});
    check_golden(Mish{}, "act_mish", 1e-12, 20);   // beyond 20 PyTorch takes softplus(x) for x
    check_golden(Mish{}, "act_mish", 1e-8);
}
