// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/log_softmax.hpp>

#include "support/check_golden_rows.hpp"
#include "support/check_layer.hpp"

#include <doctest/doctest.h>

#include <lamina/layers/dense.hpp>

#include <type_traits>

using namespace lamina;
using namespace lamina::testing;

static_assert(std::is_same_v<LogSoftmax::On<Shape<3, 4>>::Output, Shape<3, 4>>);
static_assert(LogSoftmax::On<Shape<3, 4>>::fits && LogSoftmax::On<Shape<2>>::fits);
static_assert(!LogSoftmax::On<Shape<3, 1>>::fits && !LogSoftmax::On<Indices<3>>::fits);

TEST_CASE("LogSoftmax: what every layer owes") {
    check_layer("2", Sequential{Input<2>{}, LogSoftmax{}});
    check_layer("10 behind Dense", Sequential{Input<3>{}, Dense<10>{}, LogSoftmax{}});
    check_layer("rows of 17", Sequential{Input<3, 17>{}, LogSoftmax{}, Dense<2>{}});
    check_layer("40", Sequential{Input<40>{}, LogSoftmax{}});
}

TEST_CASE("LogSoftmax agrees with PyTorch") {
    check_golden_rows<LogSoftmax, Shape<4, 5>>("log_softmax_dim-1");
    check_golden_rows<LogSoftmax, Shape<3>>("log_softmax_large");
}
