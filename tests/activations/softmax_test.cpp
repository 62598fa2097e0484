// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/softmax.hpp>

#include "support/check_golden_rows.hpp"
#include "support/check_layer.hpp"

#include <doctest/doctest.h>

#include <lamina/layers/dense.hpp>

#include <type_traits>

using namespace lamina;
using namespace lamina::testing;

static_assert(std::is_same_v<Softmax::On<Shape<3, 4>>::Output, Shape<3, 4>>);
static_assert(Softmax::On<Shape<3, 4>>::fits && Softmax::On<Shape<2>>::fits);
static_assert(!Softmax::On<Shape<3, 1>>::fits && !Softmax::On<Indices<3>>::fits);

TEST_CASE("Softmax: what every layer owes") {
    check_layer("2", Sequential{Input<2>{}, Softmax{}});
    check_layer("10 behind Dense", Sequential{Input<3>{}, Dense<10>{}, Softmax{}});
    check_layer("rows of 17", Sequential{Input<3, 17>{}, Softmax{}, Dense<2>{}});
    check_layer("40", Sequential{Input<40>{}, Softmax{}});
}

TEST_CASE("Softmax agrees with PyTorch") {
    check_golden_rows<Softmax, Shape<4, 5>>("softmax_dim-1");
    check_golden_rows<Softmax, Shape<3>>("softmax_large");
}
