// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/relu.hpp>

#include "support/check_activation.hpp"

#include <doctest/doctest.h>

#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("ReLU") {
    check_activation(ReLU{}, {.exact = [](long double x) { return x > 0 ? x : 0; },
                              .kinks = {0},
                              .ulps = 0});
    check_golden(ReLU{}, "act_relu");
    CHECK(slopes(ReLU{}, std::vector<double>{0.0, -0.0}) == std::vector<double>{0, 0});
    static_assert(std::is_empty_v<ReLU>);
}
