// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/repeat.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>
#include <lamina/layers/residual.hpp>

using namespace lamina;
using namespace lamina::testing;

template <class D>
constexpr std::size_t parameters = Network<D, float>::parameters;

static_assert(parameters<decltype(Sequential{Input<3>{}, repeat<4>(Dense<3>{})})> == 4 * 12);
static_assert(parameters<decltype(Sequential{Input<3>{}, repeat<0>(Dense<3>{}), Dense<1>{}})> == 4);

TEST_CASE("repeat: what every layer owes") {
    check_layer("once", Sequential{Input<3>{}, repeat<1>(Dense<2>{})});
    check_layer("layers", Sequential{Input<3>{}, repeat<3>(Dense<3>{}), Squash{}});
    check_layer("blocks",
                Sequential{Input<4>{}, repeat<3>(Residual{Dense<4>{}, Squash{}}), Dense<2>{}});
    check_layer("frozen", Sequential{Input<3>{}, Dense<3>{}, frozen(repeat<2>(Dense<3>{}))});
}
