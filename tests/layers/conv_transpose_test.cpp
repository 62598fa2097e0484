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
static_assert(std::is_same_v<OutputOn<Conv2DTranspose<8, 3, Strides<2>>, Shape<5, 4, 2>>,
                             Shape<11, 9, 8>>);
static_assert(std::is_same_v<OutputOn<Conv2DTranspose<8, 2, Strides<3>>, Shape<5, 4, 2>>,
                             Shape<15, 12, 8>>);
static_assert(std::is_same_v<OutputOn<Conv1DTranspose<8, 3, Strides<2>>, Shape<5, 2>>,
                             Shape<11, 8>>);

TEST_CASE("Conv2DTranspose: what every layer owes") {
    check_layer("1 x 1", Sequential{Input<2, 3, 2>{}, Conv2DTranspose<3, 1>{}});
    check_layer("3 x 3", Sequential{Input<3, 2, 2>{}, Conv2DTranspose<3, 3>{}});
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
    check_layer("3", Sequential{Input<4, 2>{}, Conv1DTranspose<3, 3>{}});
    check_layer("strides", Sequential{Input<4, 3>{}, Conv1DTranspose<2, 3, Strides<2>>{}});
    check_layer("same", Sequential{Input<4, 3>{}, Conv1DTranspose<2, 4, Strides<2>, Same>{}});
    check_layer("more", Sequential{Input<4, 1>{},
                                   Conv1DTranspose<2, 3, Strides<2>, Padding<1>,
                                                   OutputPadding<1>>{}});
    check_layer("frozen", Sequential{Input<4, 3>{}, Dense<3>{}, frozen(Conv1DTranspose<2, 3>{})});
}

TEST_CASE("transposed convolution: PyTorch's numbers") {
    check_golden_convolution("convtranspose1d_0",
                             Sequential{Input<5, 3>{}, Conv1DTranspose<4, 3, Strides<2>>{}});
    check_golden_convolution("convtranspose2d_0",
                             Sequential{Input<4, 5, 3>{},
                                        Conv2DTranspose<2, 3, Strides<2>, Padding<1>,
                                                        OutputPadding<1>>{}});
}

TEST_CASE("Conv1DTranspose: windows that meet add up") {
    using N = Network<Sequential<Input<3, 1>, Conv1DTranspose<1, 2, NoBias>>, double>;
    Bench<N> bench({}, 1, {});
    bench.weights.values[0] = 1;
    bench.weights.values[1] = 10;
    bench.x[0] = {1, 2, 3};
    CHECK(bench.forward(false) == std::vector<double>{1, 12, 23, 30});
}
