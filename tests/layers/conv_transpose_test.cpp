// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/conv_1d_transpose.hpp>
#include <lamina/layers/conv_2d_transpose.hpp>

#include "support/check_golden_convolution.hpp"
#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/activations/relu.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/reshape.hpp>

#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {
template <class L, class In>
using OutputOn = typename L::template On<In>::Output;
} // namespace

// keras.layers.Conv2DTranspose's output shapes
static_assert(std::is_same_v<OutputOn<Conv2DTranspose<8, 3>, Shape<5, 4, 2>>, Shape<7, 6, 8>>);
static_assert(std::is_same_v<OutputOn<Conv2DTranspose<8, 3, Strides<2>, Same>, Shape<5, 4, 2>>,
                             Shape<10, 8, 8>>);
static_assert(
    std::is_same_v<OutputOn<Conv2DTranspose<8, 3, Strides<2>>, Shape<5, 4, 2>>, Shape<11, 9, 8>>);
static_assert(
    std::is_same_v<OutputOn<Conv2DTranspose<8, 2, Strides<3>>, Shape<5, 4, 2>>, Shape<15, 12, 8>>);
static_assert(
    std::is_same_v<OutputOn<Conv1DTranspose<8, 3, Strides<2>>, Shape<5, 2>>, Shape<11, 8>>);
// and with output_padding=(1, 0), padding="same"
static_assert(
    std::is_same_v<OutputOn<Conv2DTranspose<8, Size{3, 4}, Strides<2>, Same, OutputPadding<1, 0>>,
                            Shape<5, 4, 2>>,
                   Shape<10, 6, 8>>);
// torch.nn.ConvTranspose2d's: padding and output_padding, be they 0
static_assert(
    std::is_same_v<OutputOn<Conv2DTranspose<8, 2, Strides<3>, Padding<0>>, Shape<5, 4, 2>>,
                   Shape<14, 11, 8>>);
static_assert(
    std::is_same_v<OutputOn<Conv2DTranspose<8, 2, Strides<3>, OutputPadding<0>>, Shape<5, 4, 2>>,
                   Shape<14, 11, 8>>);
static_assert(
    std::is_same_v<OutputOn<Conv2DTranspose<8, 1, Strides<4>, Padding<0, 1>, OutputPadding<0, 2>>,
                            Shape<5, 4, 2>>,
                   Shape<17, 13, 8>>);
static_assert(
    std::is_same_v<
        OutputOn<Conv1DTranspose<8, 2, Strides<2>, Padding<1>, OutputPadding<1>>, Shape<1, 2>>,
        Shape<1, 8>>);

TEST_CASE("Conv2DTranspose: what every layer owes") {
    check_layer("1 x 1", Sequential{Input<2, 3, 2>{}, Conv2DTranspose<3, 1>{}});
    check_layer("3 x 3", Sequential{Input<3, 2, 2>{}, Conv2DTranspose<3, 3>{}});
    check_layer("penalties",
                Sequential{Input<2, 3, 2>{}, Conv2DTranspose<3, 2>{.kernel_l2 = 0.2f}});
    check_layer("same", Sequential{Input<3, 3, 2>{}, Conv2DTranspose<3, 3, Same>{}, Squash{}});
    check_layer("strides", Sequential{Input<3, 2, 2>{}, Conv2DTranspose<1, 3, Strides<2>>{}});
    check_layer("strides, same",
                Sequential{Input<3, 2, 2>{}, Conv2DTranspose<2, 4, Strides<2>, Same>{}});
    check_layer("gaps", Sequential{Input<2, 2, 1>{}, Conv2DTranspose<2, 2, Strides<3>, NoBias>{}});
    check_layer("groups", Sequential{Input<2, 3, 4>{}, Conv2DTranspose<6, 2, Groups<2>>{}});
    check_layer("dilation", Sequential{Input<2, 3, 2>{}, Conv2DTranspose<2, 2, Dilation<2>>{}});
    check_layer("relu, 17 filters",
                Sequential{Input<2, 2, 3>{}, Conv2DTranspose<17, 2, ReLU, Padding<1>>{}});
    check_layer("one window", Sequential{Input<6>{}, Dense<6>{}, Reshape<1, 1, 6>{},
                                         Conv2DTranspose<2, Size{2, 3}>{}});
}

TEST_CASE("Conv1DTranspose: what every layer owes") {
    check_layer("1", Sequential{Input<1, 2>{}, Conv1DTranspose<3, 1>{}});
    check_layer("penalties",
                Sequential{Input<3, 2>{}, Conv1DTranspose<3, 2, Squash>{.kernel_l1 = 0.2f}});
    check_layer("3", Sequential{Input<4, 2>{}, Conv1DTranspose<3, 3>{}});
    check_layer("strides", Sequential{Input<4, 3>{}, Conv1DTranspose<2, 3, Strides<2>>{}});
    check_layer("same", Sequential{Input<4, 3>{}, Conv1DTranspose<2, 4, Strides<2>, Same>{}});
    check_layer("more",
                Sequential{Input<4, 1>{},
                           Conv1DTranspose<2, 3, Strides<2>, Padding<1>, OutputPadding<1>>{}});
    check_layer("frozen", Sequential{Input<4, 3>{}, Dense<3>{}, frozen(Conv1DTranspose<2, 3>{})});
    check_layer("more than a stride",
                Sequential{Input<4, 3>{},
                           Conv1DTranspose<3, 3, Dilation<3>, OutputPadding<2>, Groups<3>>{}});
}

TEST_CASE("transposed convolution: PyTorch's numbers") {
    check_golden_convolution("convtranspose1d_0",
                             Sequential{Input<5, 3>{}, Conv1DTranspose<4, 3, Strides<2>>{}});
    check_golden_convolution(
        "convtranspose2d_0",
        Sequential{Input<4, 5, 3>{},
                   Conv2DTranspose<2, 3, Strides<2>, Padding<1>, OutputPadding<1>>{}});
}

namespace {
/// What becomes of 1, 2, ... with a kernel of 1, 10, ...
template <std::size_t Time, class L>
std::vector<double> spread() {
    using N = Network<Sequential<Input<Time, 1>, L>, double>;
    Bench<N> bench({}, 1, {});
    double power = 1;
    for (std::size_t i = 0; i < N::parameters; ++i, power *= 10) bench.weights.values[i] = power;
    for (std::size_t i = 0; i < Time; ++i) bench.x[0][i] = double(i + 1);
    return bench.forward(false);
}
} // namespace

TEST_CASE("Conv1DTranspose: windows that meet add up") {
    using Numbers = std::vector<double>;
    CHECK(spread<3, Conv1DTranspose<1, 2, NoBias>>() == Numbers{1, 12, 23, 30});
    // where they do not meet: the gap at the end is Keras', without padding said
    CHECK(spread<2, Conv1DTranspose<1, 1, NoBias, Strides<3>>>() == Numbers{1, 0, 0, 2, 0, 0});
    CHECK(spread<2, Conv1DTranspose<1, 1, NoBias, Strides<3>, Padding<0>>>() ==
          Numbers{1, 0, 0, 2});
    // more is added than a stride
    CHECK(spread<2, Conv1DTranspose<1, 2, NoBias, Dilation<3>, OutputPadding<2>>>() ==
          Numbers{1, 2, 0, 10, 20, 0, 0});
    // Keras' padding="same" with output_padding None, 0, 1
    CHECK(spread<2, Conv1DTranspose<1, 3, NoBias, Strides<2>, Same>>() == Numbers{1, 10, 102, 20});
    CHECK(spread<2, Conv1DTranspose<1, 3, NoBias, Strides<2>, Same, OutputPadding<0>>>() ==
          Numbers{10, 102, 20});
    CHECK(spread<2, Conv1DTranspose<1, 3, NoBias, Strides<2>, Same, OutputPadding<1>>>() ==
          Numbers{1, 10, 102, 20});
}
