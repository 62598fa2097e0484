// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/rescaling.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/add.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/multiply.hpp>
#include <lamina/layers/subtract.hpp>
#include <lamina/model/weights.hpp>

#include <limits>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(!Rescaling::On<Indices<3>>::fits);

TEST_CASE("Rescaling: what every layer owes") {
    check_layer("1", Sequential{Input<1>{}, Rescaling{.scale = 2.0f}});
    check_layer("an image", Sequential{Input<3, 4, 3>{}, Rescaling{.scale = 0.25f}});
    check_layer("both, before one that works in place",
                Sequential{Input<5, 7>{}, Dense<3>{}, Rescaling{.scale = -1.0f, .offset = 1.0f},
                           Squash{}, Dense<2>{}});
    check_layer("behind an activation",
                Sequential{Input<4>{}, Dense<67>{}, Squash{}, Rescaling{.offset = 0.5f}});
    check_layer("scale 0", Sequential{Input<4>{}, Dense<3>{}, Rescaling{.scale = 0.0f}});
    check_layer("nothing", Sequential{Input<9>{}, Rescaling{}, Dense<2>{}});
    check_layer("first of a large network",
                Sequential{Input<33>{}, Rescaling{1 / 255.0f}, Dense<80>{}, Squash{}, Dense<80>{}});
    check_layer("a gate", graph<Input<6>>([](auto x) {
                    auto const gate = x | Dense<6>{} | Squash{};
                    return gate * x + (1 - gate) * (x | Dense<6>{});
                }));
    check_layer("a branch of a frozen layer", graph<Input<6>>([](auto x) {
                    return 0.5 * (x | frozen(Dense<3>{})) + (x | Dense<3>{}) / 3;
                }));
}

TEST_CASE("Rescaling: numbers and nodes, by hand") {
    auto const all = graph<Input<3>>([](auto x) {
        return outputs(x * 2, 2 * x, x / 4, x + 3, 3 + x, x - 5, 5 - x, x | Rescaling{0.5f, 1.0f});
    });
    Weights const weights{all};
    Workspace<Network<std::remove_const_t<decltype(all)>>> room;
    float const x[]{8, -2, 0};
    void const* const inputs[]{x};
    std::vector<std::vector<float>> const expected{{16, -4, 0}, {16, -4, 0}, {2, -0.5, 0},
                                                   {11, 1, 3},  {11, 1, 3},  {3, -7, -5},
                                                   {-3, 7, 5},  {5, 0, 1}};
    for (std::size_t k = 0; k < expected.size(); ++k) {
        float const* const y = predict(weights, room, inputs, 1, int(k));
        CHECK(std::vector<float>(y, y + 3) == expected[k]);
    }
}

TEST_CASE("Rescaling: options that are no numbers are refused") {
    for (float const bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        auto const with = [](Rescaling layer) { Weights{Sequential{Input<1>{}, layer}}; };
        CHECK_THROWS_WITH_AS(with({.scale = bad}), doctest::Contains("Rescaling: scale is"), Error);
        CHECK_THROWS_WITH_AS(with({.offset = bad}), doctest::Contains("Rescaling: offset is"),
                             Error);
    }
}
