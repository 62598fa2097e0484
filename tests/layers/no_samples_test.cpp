// SPDX-License-Identifier: BSD-3-Clause
#include "support/check_layer.hpp"

#include <lamina/lamina.hpp>

#include <doctest/doctest.h>

#include <cstddef>

using namespace lamina;
using namespace lamina::testing;

namespace {

/// Whether a batch without samples gives gradients of zero, and leaves the state as it is.
template <class Definition>
bool is_nothing(Definition const& definition) {
    Bench<Network<Definition, double, true>> bench(definition, 0, Conditions{});
    bench.backward();
    for (double gradient : bench.gradients)
        if (gradient != 0) return false;
    for (std::size_t i = 0; i < bench.next_state.size(); ++i)
        if (bench.next_state[i] != bench.state[i]) return false;
    return true;
}

} // namespace

TEST_CASE("a batch of no samples: gradients of zero, and states as they were") {
    CHECK(is_nothing(Sequential{Input<7>{}, Dense<5>{}, LayerNormalization{}, Dense<3>{}}));
    CHECK(is_nothing(Sequential{Input<7>{}, Dense<5>{}, BatchNormalization{}, Dense<3>{}}));
    CHECK(is_nothing(Sequential{Input<7>{}, Dense<5>{}, RMSNormalization{}, Dense<3>{}}));
    CHECK(is_nothing(Sequential{Input<7>{}, Dense<6>{}, GroupNormalization<2>{}, Dense<3>{}}));
    CHECK(is_nothing(Sequential{Input<7>{}, Dense<6>{}, PReLU{}, Dense<3>{}}));
    CHECK(is_nothing(Sequential{Input<7, 2>{}, LSTM<6>{}, Dense<3>{}}));
    CHECK(is_nothing(Sequential{Input<7, 7, 2>{}, Conv2D<6, 3>{}, DepthwiseConv2D<3>{},
                                GlobalAveragePooling2D{}, Dense<3>{}}));
    CHECK(is_nothing(
        Sequential{Input<7, 4>{}, TransformerEncoderLayer<2, 8>{}, Flatten{}, Dense<3>{}}));
    CHECK(is_nothing(Sequential{Tokens<7>{}, Embedding<9, 4>{}, Flatten{}, Dense<3>{}}));
}
