// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/depthwise_conv_1d.hpp>
#include <lamina/layers/depthwise_conv_2d.hpp>
#include <lamina/layers/separable_conv_1d.hpp>
#include <lamina/layers/separable_conv_2d.hpp>

#include "support/check_layer.hpp"
#include "support/check_steps.hpp"
#include "support/layers.hpp"

#include <lamina/activations/relu.hpp>
#include <lamina/layers/dense.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(std::is_same_v<DepthwiseConv2D<3, DepthMultiplier<2>>::On<Shape<5, 4, 3>>::Output,
                             Shape<3, 2, 6>>);
static_assert(std::is_same_v<DepthwiseConv1D<3, Causal>::On<Shape<5, 4>>::Output, Shape<5, 4>>);
static_assert(Network<Sequential<Input<5, 5, 3>, SeparableConv2D<8, 3>>, float>::parameters ==
              9 * 3 + 3 * 8 + 8);

TEST_CASE("DepthwiseConv: what every layer owes") {
    check_layer("1", Sequential{Input<3, 2, 2>{}, DepthwiseConv2D<1>{}});
    check_layer("penalties", Sequential{Input<4, 3, 3>{}, DepthwiseConv2D<2>{.kernel_l1 = 0.2f}});
    check_layer("penalties, 1D",
                Sequential{Input<4, 3>{}, DepthwiseConv1D<2, Squash>{.kernel_l2 = 0.2f}});
    check_layer("3", Sequential{Input<4, 5, 3>{}, DepthwiseConv2D<3>{}});
    check_layer("same", Sequential{Input<4, 3, 17>{}, DepthwiseConv2D<3, Same>{}, Squash{}});
    check_layer("strides", Sequential{Input<6, 5, 2>{}, DepthwiseConv2D<3, Strides<2>, NoBias>{}});
    check_layer("dilation", Sequential{Input<6, 5, 2>{}, DepthwiseConv2D<2, Dilation<2>>{}});
    check_layer("multiplier",
                Sequential{Input<4, 3, 3>{}, DepthwiseConv2D<2, ReLU, DepthMultiplier<2>>{}});
    check_layer("1D", Sequential{Input<6, 3>{}, DepthwiseConv1D<3, Causal>{}});
    check_layer("1D, multiplier", Sequential{Input<6, 2>{}, Dense<2>{},
                                             DepthwiseConv1D<3, Same, DepthMultiplier<9>>{}});
    check_layer("frozen", Sequential{Input<4, 2>{}, Dense<2>{}, frozen(DepthwiseConv1D<2>{})});
}

TEST_CASE("SeparableConv: what every layer owes") {
    check_layer("penalties",
                Sequential{Input<3, 3, 3>{},
                           SeparableConv2D<2, 2, Squash>{.kernel_l1 = 0.2f, .kernel_l2 = 0.1f}});
    check_layer("2D", Sequential{Input<4, 3, 3>{}, SeparableConv2D<5, 3, Same>{}});
    check_layer("2D, strides",
                Sequential{Input<5, 4, 2>{}, SeparableConv2D<3, 2, ReLU, Strides<2>>{}});
    check_layer("2D, multiplier",
                Sequential{Input<3, 3, 2>{}, SeparableConv2D<3, 2, DepthMultiplier<2>, NoBias>{}});
    check_layer("1D", Sequential{Input<6, 3>{}, SeparableConv1D<4, 3, Causal>{}});
}

TEST_CASE("DepthwiseConv2D: a convolution whose groups are its channels") {
    using D = Network<Sequential<Input<5, 6, 4>, DepthwiseConv2D<3, DepthMultiplier<2>, Same>>,
                      double, true>;
    using C = Network<Sequential<Input<5, 6, 4>, Conv2D<8, 3, Groups<4>, Same>>, double, true>;
    Bench<D> depthwise({}, 2, {});
    Bench<C> grouped({}, 2, {});
    static_assert(D::parameters == C::parameters);
    std::copy_n(depthwise.weights.values.data(), D::parameters, grouped.weights.values.data());
    auto const a = depthwise.backward(), b = grouped.backward();
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-12));
}

TEST_CASE("DepthwiseConv1D: moment by moment, if it is causal") {
    check_steps<0>("1", Sequential{Input<4, 3>{}, DepthwiseConv1D<1>{}});
    check_steps<0>("causal", Sequential{Input<7, 5>{}, DepthwiseConv1D<3, Causal>{}});
    check_steps<0>("far apart",
                   Sequential{Input<11, 2>{}, DepthwiseConv1D<3, Causal, Dilation<4>, NoBias>{}});
    check_steps<0>(
        "padded before",
        Sequential{Input<6, 9>{}, DepthwiseConv1D<4, Padding<3, 0>, DepthMultiplier<2>>{}});
    check_steps<0>("separable",
                   Sequential{Input<9, 4>{},
                              SeparableConv1D<6, 3, Causal, Dilation<2>, DepthMultiplier<3>>{},
                              ReLU{}, SeparableConv1D<2, 2, Causal>{}});
}
