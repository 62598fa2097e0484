// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/position_embedding.hpp>

#include "support/check_layer.hpp"
#include "support/check_steps.hpp"
#include "support/layers.hpp"

#include <lamina/layers/add.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>

#include <cstdint>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(!PositionEmbedding::On<Shape<5>>::fits && !PositionEmbedding::On<Indices<5>>::fits);

TEST_CASE("PositionEmbedding: what every layer owes") {
    check_layer("1 x 1", Sequential{Input<1, 1>{}, PositionEmbedding{}});
    check_layer("5 x 3", Sequential{Input<5, 3>{}, PositionEmbedding{}});
    check_layer("in place", Sequential{Input<7, 3>{}, Dense<5>{}, PositionEmbedding{}, Squash{}});
    check_layer("not in place", Sequential{Input<7, 3>{}, Squash{}, PositionEmbedding{}});
    check_layer("two readers", graph<Input<4, 17>>([](auto x) {
                    auto h = x | Dense<17>{};
                    return h + (h | PositionEmbedding{});
                }));
    check_layer("tokens", Sequential{Tokens<6>{}, Embedding<5, 4>{}, PositionEmbedding{}});
    check_layer("frozen", Sequential{Input<5, 3>{}, Dense<3>{}, frozen(PositionEmbedding{})});
    check_layer("otherwise", Sequential{Input<5, 3>{},
                                        PositionEmbeddingWith<EmbeddingsInitializer<Ones>>{}});
}

TEST_CASE("PositionEmbedding: by hand") {
    using L = PositionEmbeddingWith<EmbeddingsInitializer<Ones>>;
    using N = Network<Sequential<Input<2, 2>, L>, double>;
    Bench<N> bench({}, 2, Conditions{.spread = 0});
    bench.weights.values[3] = 5;
    bench.x[0] = {1, 2, 3, 4, 0, 0, 0, 0};
    CHECK(bench.forward(false) == std::vector<double>{2, 3, 4, 9, 1, 1, 1, 5});
    bench.factor[0] = {1, 2, 3, 4, 10, 20, 30, 40};
    bench.backward();
    CHECK(bench.gradients[0] == 11);
    CHECK(bench.gradients[3] == 44);
}

TEST_CASE("PositionEmbedding: moment by moment") {
    check_steps<0>("from an input", Sequential{Input<7, 5>{}, PositionEmbedding{}, Dense<2>{}});
    check_steps<0>("in place", Sequential{Input<7, 5>{}, Dense<19>{}, PositionEmbedding{}});
}
