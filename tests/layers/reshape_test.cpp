// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/reshape.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>
#include <lamina/layers/flatten.hpp>

#include <array>
#include <type_traits>

using namespace lamina;
using namespace lamina::testing;

static_assert(std::is_same_v<Reshape<4, 3>::On<Shape<12>>::Output, Shape<4, 3>>);
static_assert(Reshape<4, 3>::On<Shape<2, 6>>::fits);
static_assert(!Reshape<4, 3>::On<Shape<13>>::fits);
static_assert(!Reshape<4, 3>::On<Indices<12>>::fits);

TEST_CASE("Reshape: what every layer owes") {
    check_layer("1", Sequential{Input<1>{}, Reshape<1, 1>{}});
    check_layer("vector to sequence", Sequential{Input<12>{}, Reshape<4, 3>{}, Dense<2>{}});
    check_layer("behind Dense", Sequential{Input<5>{}, Dense<6>{}, Reshape<2, 3>{}, Dense<2>{}});
    check_layer("to an image and back", Sequential{Input<2, 9>{}, Dense<6>{}, Squash{},
                                                   Reshape<2, 3, 2>{}, Squash{}, Flatten{}});
}

TEST_CASE("Reshape keeps the order of the numbers; the last axis runs fastest") {
    using N = Network<Sequential<Input<6>, Reshape<3, 2>>, float>;
    static_assert(N::graph.rows[1].op->output.rank == 2);
    Weights<N> const weights;
    Workspace<N> work;
    std::array<float, 6> const x{0, 1, 2, 3, 4, 5};
    void const* in[]{x.data()};
    float const* const y = predict(weights, work, in, 1);
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(y[i] == x[i]);
}
