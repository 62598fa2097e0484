// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/feed_forward.hpp>

#include "support/check_layer.hpp"
#include "support/check_steps.hpp"
#include "support/layers.hpp"

#include <lamina/activations/gelu.hpp>
#include <lamina/activations/tanh.hpp>

#include <cmath>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

template <class D>
constexpr std::size_t parameters_of(D const&) {
    return Network<D, float>::parameters;
}

} // namespace

TEST_CASE("FeedForward: what every layer owes") {
    check_layer("a sequence", Sequential{Input<5, 3>{}, FeedForward<7, Tanh>{}});
    check_layer("a vector", Sequential{Input<4>{}, FeedForward<9, GELU>{}});
    check_layer("no bias", Sequential{Input<2, 17>{}, FeedForward<1, Squash, NoBias>{}});
    check_layer("dropout",
                Sequential{Input<5, 3>{}, FeedForward<7, Tanh, InnerDropout>{.dropout = 0.5f}},
                Conditions{.by_sample = false, .one_mode = false});
    check_layer("frozen", Sequential{Input<5, 3>{}, frozen(FeedForward<7, Tanh>{})});
}

TEST_CASE("GatedFeedForward: what every layer owes") {
    check_layer("a sequence", Sequential{Input<5, 3>{}, GatedFeedForward<7>{}});
    check_layer("a vector", Sequential{Input<4>{}, GatedFeedForward<9, GELU, NoBias>{}});
    check_layer("wide", Sequential{Input<2, 70>{}, GatedFeedForward<66>{}});
}

TEST_CASE("FeedForward: its parameters") {
    CHECK(parameters_of(Sequential{Input<5, 3>{}, FeedForward<7>{}}) == 3 * 7 + 7 + 7 * 3 + 3);
    CHECK(parameters_of(Sequential{Input<5, 3>{}, FeedForward<7, ReLU, NoBias>{}}) == 2 * 3 * 7);
    CHECK(parameters_of(Sequential{Input<5, 3>{}, GatedFeedForward<7, SiLU, NoBias>{}}) ==
          3 * 3 * 7);
}

TEST_CASE("GatedFeedForward: by hand") {
    using N = Network<Sequential<Input<1>, GatedFeedForward<1, SiLU, NoBias>>, double>;
    Bench<N> bench({}, 1, Conditions{});
    // up, gate, down, as the network asks for them
    bench.weights.values[0] = 3;
    bench.weights.values[1] = std::log(3.0);
    bench.weights.values[2] = 4;
    bench.x[0] = {1};
    double const swish = std::log(3.0) * 0.75;
    CHECK(bench.forward(false)[0] == doctest::Approx(3 * swish * 4));
}

TEST_CASE("FeedForward: moment by moment") {
    check_steps<0>("gated", Sequential{Input<5, 6>{}, GatedFeedForward<20>{}, FeedForward<9>{}});
}
