// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/group_normalization.hpp>

#include "support/check_golden.hpp"
#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>
#include <lamina/layers/layer_normalization.hpp>

#include <cstddef>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(!GroupNormalization<4>::On<Shape<5, 6>>::fits);
static_assert(!GroupNormalization<1>::On<Indices<5>>::fits);
static_assert(!GroupNormalization<6>::On<Shape<6>>::fits); // always beta
static_assert(GroupNormalization<6>::On<Shape<2, 6>>::fits);

TEST_CASE("GroupNormalization: what every layer owes") {
    check_layer("2", Sequential{Input<2>{}, GroupNormalization<1>{.epsilon = 0.1f}});
    check_layer("a vector", Sequential{Input<6>{}, GroupNormalization<2>{}});
    check_layer("5 x 16", Sequential{Input<5, 16>{}, GroupNormalization<4>{}, Dense<3>{}});
    check_layer("image", Sequential{Input<3, 2, 9>{}, GroupNormalization<3>{}});
    check_layer("each by itself", Sequential{Input<3, 5, 7>{}, GroupNormalization<7>{}});
    check_layer("all in one", Sequential{Input<4, 18>{}, GroupNormalization<1, NoScale>{}});
    check_layer("no beta", Sequential{Input<4, 6>{}, Dense<66>{}, GroupNormalization<2, NoCenter>{},
                                      Squash{}});
    check_layer("neither", Sequential{Input<4, 6>{}, Dense<6>{},
                                      GroupNormalization<2, NoCenter, NoScale>{}});
    check_layer("frozen", Sequential{Input<4>{}, Dense<6>{}, frozen(GroupNormalization<3>{})});
}

TEST_CASE("GroupNormalization: PyTorch's numbers") {
    golden::Case golden("groupnorm_0");   // channels before places
    for (char const* key : {"in/x", "out/y", "gout/y", "grad_in/x"}) {
        auto& array = golden.arrays.at(key);
        auto const from = array.values;
        for (std::size_t n = 0; n < 2; ++n)
            for (std::size_t c = 0; c < 6; ++c)
                for (std::size_t p = 0; p < 5; ++p)
                    array.values[(n * 5 + p) * 6 + c] = from[(n * 6 + c) * 5 + p];
    }
    auto parameters = golden["param/weight"].values, gradients = golden["grad_param/weight"].values;
    auto const append = [](auto& to, auto const& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    append(parameters, golden["param/bias"].values);
    append(gradients, golden["grad_param/bias"].values);
    Sequential const net{Input<5, 6>{}, GroupNormalization<3>{.epsilon = 1e-5f}};
    check_golden(golden, net, {"in/x"}, {"out/y"}, parameters, gradients);
}

TEST_CASE("GroupNormalization: one group of one row is LayerNormalization") {
    using N = Network<Sequential<Input<21>, GroupNormalization<1>>, double>;
    using M = Network<Sequential<Input<21>, LayerNormalization>, double>;
    Bench<N> group({}, 3, Conditions{});
    Bench<M> layer({}, 3, Conditions{});
    CHECK(apart(group.backward(), layer.backward().data()) < 1e-13);
}
