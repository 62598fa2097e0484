// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/conv_2d.hpp>

#include "support/check_golden_convolution.hpp"
#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/activations/relu.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/flatten.hpp>
#include <lamina/layers/reshape.hpp>

#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {
template <class L, class In>
using OutputOn = typename L::template On<In>::Output;
} // namespace

// keras.layers.Conv2D's output shapes
static_assert(std::is_same_v<OutputOn<Conv2D<8, 3>, Shape<28, 20, 1>>, Shape<26, 18, 8>>);
static_assert(std::is_same_v<OutputOn<Conv2D<8, 3, Same>, Shape<28, 20, 1>>, Shape<28, 20, 8>>);
static_assert(
    std::is_same_v<OutputOn<Conv2D<8, 3, Same, Strides<2>>, Shape<7, 8, 1>>, Shape<4, 4, 8>>);
static_assert(
    std::is_same_v<OutputOn<Conv2D<8, 3, Strides<2, 3>>, Shape<8, 9, 1>>, Shape<3, 3, 8>>);
static_assert(std::is_same_v<OutputOn<Conv2D<8, Size{2, 5}>, Shape<7, 9, 4>>, Shape<6, 5, 8>>);
static_assert(std::is_same_v<OutputOn<Conv2D<8, 3, Dilation<2>>, Shape<7, 9, 4>>, Shape<3, 5, 8>>);
static_assert(
    std::is_same_v<OutputOn<Conv2D<8, 3, Padding<1, 0, 2, 1>>, Shape<4, 4, 4>>, Shape<3, 5, 8>>);
static_assert(Conv2D<8, 3, Groups<2>>::On<Shape<5, 5, 4>>::Parameters::size == 9 * 2 * 8 + 8);
static_assert(Conv2D<8, 3>::On<Shape<5, 5, 4>>::flops == 2 * 9 * 9 * 4 * 8);
static_assert(!Conv2D<8, 3>::On<Shape<2, 5, 4>>::fits && !Conv2D<8, 3>::On<Shape<5, 5>>::fits);
static_assert(!Conv2D<8, 3, Groups<3>>::On<Shape<5, 5, 4>>::fits);

TEST_CASE("Conv2D: what every layer owes") {
    check_layer("1 x 1 on one pixel", Sequential{Input<1, 1, 1>{}, Conv2D<1, 1>{}});
    check_layer("1 x 1", Sequential{Input<3, 4, 5>{}, Conv2D<2, 1>{}});
    check_layer("penalties",
                Sequential{Input<4, 3, 2>{},
                           Conv2D<3, 2, Groups<1>>{.kernel_l1 = 0.3f, .kernel_l2 = 0.2f},
                           Conv2D<2, 2, Squash>{.kernel_l2 = 0.1f}});
    check_layer("3 x 3", Sequential{Input<5, 4, 2>{}, Conv2D<3, 3>{}});
    check_layer("same", Sequential{Input<4, 5, 3>{}, Conv2D<4, 3, Same>{}, Squash{}});
    check_layer("even, same", Sequential{Input<5, 5, 2>{}, Conv2D<3, 2, Same>{}});
    check_layer("not square", Sequential{Input<4, 6, 1>{}, Conv2D<5, Size{2, 3}>{}, Flatten{}});
    check_layer("strides", Sequential{Input<6, 7, 2>{}, Conv2D<3, 3, Strides<2, 3>>{}});
    check_layer("strides, same", Sequential{Input<6, 7, 2>{}, Conv2D<3, 3, Strides<2>, Same>{}});
    check_layer("1 x 1, strides", Sequential{Input<5, 4, 2>{}, Conv2D<3, 1, Strides<2>>{}});
    check_layer("dilation", Sequential{Input<7, 6, 2>{}, Conv2D<3, 3, Dilation<2>, Same>{}});
    check_layer("padding",
                Sequential{Input<3, 3, 2>{}, Conv2D<2, 2, Padding<1, 2, 3, 0>, NoBias>{}});
    check_layer("groups", Sequential{Input<4, 4, 6>{}, Conv2D<4, 3, Groups<2>, Same>{}});
    check_layer("17 filters", Sequential{Input<3, 3, 16>{}, Conv2D<17, 2>{}});
    check_layer("relu", Sequential{Input<4, 4, 2>{}, Conv2D<3, 2, ReLU>{}, Conv2D<2, 2>{}});
    check_layer("between", Sequential{Input<36>{}, Reshape<4, 3, 3>{}, Conv2D<2, 2>{}, Squash{},
                                      Conv2D<3, 2, Same>{}, Bump{}, Flatten{}, Dense<2>{}});
    check_layer("frozen", Sequential{Input<4, 4, 2>{}, Conv2D<2, 2>{}, frozen(Conv2D<3, 2>{})});
}

TEST_CASE("Conv2D: PyTorch's numbers") {
    check_golden_convolution("conv2d_0", Sequential{Input<8, 8, 3>{}, Conv2D<4, 3>{}});
    check_golden_convolution("conv2d_1",
                             Sequential{Input<5, 7, 1>{}, Conv2D<2, Size{2, 3}, Strides<1, 2>>{}});
    check_golden_convolution(
        "conv2d_2",
        Sequential{Input<9, 6, 4>{}, Conv2D<6, 3, Padding<1>, Strides<2>, Groups<2>>{}});
    check_golden_convolution(
        "conv2d_3",
        Sequential{Input<7, 7, 2>{}, Conv2D<2, 3, Dilation<2>, Padding<2, 1>, NoBias>{}});
    check_golden_convolution("conv2d_4", Sequential{Input<6, 6, 3>{}, Conv2D<5, 1>{}});
}

TEST_CASE("Conv2D: an edge by hand") {
    using N = Network<Sequential<Input<3, 3, 1>, Conv2D<1, 2, NoBias>>, double>;
    Bench<N> bench({}, 1, {});
    double const kernel[]{-1, 1, -1, 1}; // right minus left
    std::copy_n(kernel, 4, bench.weights.values.data());
    bench.x[0] = {0, 0, 5, 0, 0, 5, 0, 1, 5};
    CHECK(bench.forward(false) == std::vector<double>{0, 10, 1, 9});
}
