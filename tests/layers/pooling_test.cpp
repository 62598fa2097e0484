// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/adaptive_average_pooling_1d.hpp>
#include <lamina/layers/adaptive_average_pooling_2d.hpp>
#include <lamina/layers/average_pooling_1d.hpp>
#include <lamina/layers/average_pooling_2d.hpp>
#include <lamina/layers/max_pooling_1d.hpp>
#include <lamina/layers/max_pooling_2d.hpp>

#include "support/check_golden_convolution.hpp"
#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/activations/relu.hpp>
#include <lamina/layers/conv_2d.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/flatten.hpp>

#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {
template <class L, class In>
using OutputOn = typename L::template On<In>::Output;

/// y and dx of a pooling over whole numbers that everybody can count up.
template <class L, std::size_t... In>
void check_pooling(std::vector<double> const& y, std::vector<double> const& dx) {
    using N = Network<Sequential<Input<In...>, L>, double, true>;
    Bench<N> bench({}, 1, {});
    REQUIRE(bench.x[0].size() == dx.size());
    REQUIRE(bench.factor[0].size() == y.size());
    for (std::size_t i = 0; i < dx.size(); ++i)
        bench.x[0][i] = static_cast<double>((i + 1) * 7 % 11) - 5;
    for (std::size_t i = 0; i < y.size(); ++i)
        bench.factor[0][i] = static_cast<double>((i + 1) * 3 % 5 + 1);
    auto const all = bench.backward();
    REQUIRE(all.size() >= y.size() + dx.size());
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(all[i] == doctest::Approx(y[i]).epsilon(2e-6));
    for (std::size_t i = 0; i < dx.size(); ++i)
        CHECK(all[all.size() - dx.size() + i] == doctest::Approx(dx[i]).epsilon(2e-6));
}
} // namespace

static_assert(std::is_same_v<OutputOn<MaxPooling2D<2>, Shape<7, 8, 3>>, Shape<3, 4, 3>>);
static_assert(std::is_same_v<OutputOn<MaxPooling2D<2, Same>, Shape<7, 8, 3>>, Shape<4, 4, 3>>);
static_assert(
    std::is_same_v<OutputOn<MaxPooling2D<Size{3, 2}, Strides<1>>, Shape<7, 8, 3>>, Shape<5, 7, 3>>);
static_assert(std::is_same_v<OutputOn<AveragePooling1D<3>, Shape<7, 3>>, Shape<2, 3>>);
static_assert(!MaxPooling2D<3>::On<Shape<2, 9, 1>>::fits);
static_assert(std::is_same_v<OutputOn<MaxPooling2D<2, CeilMode>, Shape<7, 8, 3>>, Shape<4, 4, 3>>);
static_assert(
    std::is_same_v<OutputOn<MaxPooling1D<3, Strides<1>, Dilation<2>>, Shape<7, 3>>, Shape<3, 3>>);
// the last window would begin among the zeros
static_assert(
    std::is_same_v<OutputOn<MaxPooling1D<2, Strides<3>, Padding<1>, CeilMode>, Shape<7, 1>>,
                   Shape<3, 1>>);
// nothing of a dilated window lies on so short a sequence
static_assert(!MaxPooling1D<2, Strides<1>, Padding<1>, Dilation<2>>::On<Shape<1, 1>>::fits);
static_assert(!AveragePooling1D<2, Padding<2>>::On<Shape<4, 1>>::fits);

TEST_CASE("MaxPooling: what every layer owes") {
    check_layer("1", Sequential{Input<3, 2, 2>{}, MaxPooling2D<1>{}});
    check_layer("2", Sequential{Input<4, 6, 3>{}, MaxPooling2D<2>{}});
    check_layer("2, odd", Sequential{Input<5, 3, 17>{}, Squash{}, MaxPooling2D<2>{}});
    check_layer("same", Sequential{Input<5, 3, 2>{}, MaxPooling2D<2, Same>{}, Squash{}});
    check_layer("overlap", Sequential{Input<5, 6, 2>{}, MaxPooling2D<3, Strides<1>>{}});
    check_layer("gaps", Sequential{Input<7, 7, 2>{}, MaxPooling2D<2, Strides<3>>{}});
    check_layer("padding", Sequential{Input<5, 4, 2>{}, MaxPooling2D<3, Strides<2>, Padding<1>>{}});
    check_layer("behind a convolution", Sequential{Input<5, 5, 1>{}, Conv2D<3, 2, ReLU>{},
                                                   MaxPooling2D<2>{}, Flatten{}, Dense<2>{}});
    check_layer("padding before, the end not seen",
                Sequential{Input<4, 4, 3>{}, MaxPooling2D<4, Padding<2, 0, 1, 0>>{}});
    check_layer("1D", Sequential{Input<7, 3>{}, MaxPooling1D<2>{}});
    check_layer("1D, the end not seen",
                Sequential{Input<5, 3>{}, MaxPooling1D<5, Padding<3, 0>>{}});
    check_layer("1D, overlap", Sequential{Input<7, 16>{}, MaxPooling1D<3, Strides<2>, Same>{}});
}

TEST_CASE("AveragePooling: what every layer owes") {
    check_layer("1", Sequential{Input<3, 2, 2>{}, AveragePooling2D<1>{}});
    check_layer("2", Sequential{Input<4, 6, 3>{}, AveragePooling2D<2>{}});
    check_layer("same", Sequential{Input<5, 3, 2>{}, AveragePooling2D<2, Same>{}, Squash{}});
    check_layer("overlap", Sequential{Input<5, 6, 2>{}, AveragePooling2D<3, Strides<1>>{}});
    check_layer("gaps", Sequential{Input<7, 7, 2>{}, AveragePooling2D<2, Strides<3>>{}});
    check_layer("padding",
                Sequential{Input<5, 4, 2>{}, AveragePooling2D<3, Strides<2>, Padding<1>>{}});
    check_layer("zeros count",
                Sequential{Input<5, 4, 2>{}, AveragePooling2D<3, Padding<1, 2>, CountZeros>{}});
    check_layer("1D", Sequential{Input<7, 3>{}, AveragePooling1D<2>{}});
    check_layer("1D, overlap",
                Sequential{Input<7, 17>{}, AveragePooling1D<3, Strides<2>, Padding<1, 0>>{}});
}

TEST_CASE("AdaptiveAveragePooling: what every layer owes") {
    check_layer("1", Sequential{Input<3, 4, 2>{}, AdaptiveAveragePooling2D<1>{}});
    check_layer("as large", Sequential{Input<3, 4, 2>{}, AdaptiveAveragePooling2D<3, 4>{}});
    check_layer("2", Sequential{Input<4, 6, 3>{}, AdaptiveAveragePooling2D<2>{}, Squash{}});
    check_layer("overlap", Sequential{Input<5, 7, 2>{}, AdaptiveAveragePooling2D<3, 4>{}});
    check_layer("17 channels", Sequential{Input<3, 3, 17>{}, AdaptiveAveragePooling2D<2>{}});
    check_layer("1D", Sequential{Input<7, 3>{}, AdaptiveAveragePooling1D<3>{}});
    check_layer("1D, 1", Sequential{Input<5, 1>{}, Dense<4>{}, AdaptiveAveragePooling1D<1>{}});
    check_layer("1D, whole", Sequential{Input<6, 2>{}, AdaptiveAveragePooling1D<2>{}});
}

TEST_CASE("pooling with dilation and windows that stand out: what every layer owes") {
    check_layer("dilation",
                Sequential{Input<5, 6, 2>{}, MaxPooling2D<2, Strides<1>, Dilation<2>>{}});
    check_layer(
        "dilation, padding",
        Sequential{Input<6, 7, 17>{}, MaxPooling2D<3, Strides<2>, Padding<1>, Dilation<2, 1>>{}});
    check_layer("apart, but for the dilation",
                Sequential{Input<8, 3>{}, MaxPooling1D<2, Strides<2>, Dilation<3>>{}});
    check_layer("ceil", Sequential{Input<5, 3, 2>{}, MaxPooling2D<2, CeilMode>{}});
    check_layer("mean, dilation",
                Sequential{Input<5, 6, 2>{}, AveragePooling2D<2, Strides<1>, Dilation<2>>{}});
    check_layer("mean, dilation, zeros count",
                Sequential{Input<7, 3>{},
                           AveragePooling1D<3, Strides<2>, Padding<2>, Dilation<2>, CountZeros>{}});
    check_layer("mean, ceil", Sequential{Input<7, 3>{}, AveragePooling1D<3, CeilMode>{}});
    check_layer("mean, ceil, zeros count",
                Sequential{Input<4, 6, 2>{},
                           AveragePooling2D<3, Strides<2>, Padding<1>, CeilMode, CountZeros>{}});
}

TEST_CASE("pooling: PyTorch's ceil_mode and dilation") {
    // x counts 7, 14, 21, ... modulo 11, less 5; dy 3, 6, 9, ... modulo 5, and 1
    check_pooling<MaxPooling2D<2, CeilMode>, 5, 3, 1>(
        {2, 5, 0, 3, 5, 1}, {4, 0, 2, 0, 0, 0, 5, 0, 3, 0, 0, 0, 0, 1, 4});
    check_pooling<MaxPooling2D<3, Strides<2>, Padding<1>, CeilMode>, 5, 6, 1>(
        {2, 5, 4, 4, 5, 5, 4, 2, 5, 4, 4, -2},
        {4, 0, 2, 0, 0, 8, 0, 0, 0, 0, 0, 5, 0, 5, 0, 0, 2, 0, 0, 0, 0, 0, 0, 2, 3, 0, 0, 5, 0, 0});
    check_pooling<MaxPooling2D<2, Strides<1>, Dilation<2>>, 4, 5, 1>(
        {5, 5, 5, 4, 4, 3}, {0, 0, 9, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 4});
    check_pooling<MaxPooling1D<2, Strides<3>, Padding<1>, CeilMode>, 7, 1>({2, 5, 4},
                                                                           {4, 0, 2, 0, 0, 5, 0});
    check_pooling<AveragePooling1D<3, CeilMode>, 7, 1>(
        {5.0 / 3, 2.0 / 3, 0}, {4.0 / 3, 4.0 / 3, 4.0 / 3, 2.0 / 3, 2.0 / 3, 2.0 / 3, 5});
    check_pooling<AveragePooling2D<3, Strides<2>, Padding<1>, CeilMode, CountZeros>, 4, 6, 1>(
        {-0.444444, 0.222222, -0.222222, 1.0, -0.222222, -0.222222, -0.888889, 0.0, -0.166667, -0.5,
         -0.833333, -0.5},
        {0.444444, 0.666667, 0.222222, 0.777778, 0.555556, 1.055556, 0.555556, 1.222222,
         0.666667, 1.444444, 0.777778, 2.111111, 0.111111, 0.555556, 0.444444, 0.666667,
         0.222222, 1.055556, 0.611111, 1.222222, 0.611111, 1.5,      0.888889, 2.222222});
    check_pooling<AveragePooling2D<3, Strides<2>, Padding<1>, CeilMode>, 4, 6, 1>(
        {-1.0, 0.333333, -0.333333, 3.0, -0.333333, -0.222222, -0.888889, 0.0, -0.5, -1.0,
         -1.666667, -2.0},
        {1.0,      1.333333, 0.333333, 1.166667, 0.833333, 2.333333, 1.166667, 1.944444,
         0.777778, 1.833333, 1.055556, 4.222222, 0.166667, 0.611111, 0.444444, 0.666667,
         0.222222, 1.888889, 1.666667, 2.444444, 0.777778, 2.333333, 1.555556, 5.222222});
}

TEST_CASE("pooling: PyTorch's numbers") {
    check_golden_convolution("pool_9_adaptiveavgpool2d",
                             Sequential{Input<7, 5, 3>{}, AdaptiveAveragePooling2D<1>{}});
    check_golden_convolution("pool_10_adaptiveavgpool1d",
                             Sequential{Input<9, 3>{}, AdaptiveAveragePooling1D<4>{}});
    check_golden_convolution("pool_0_maxpool1d", Sequential{Input<9, 3>{}, MaxPooling1D<2>{}});
    check_golden_convolution("pool_1_maxpool1d",
                             Sequential{Input<8, 2>{}, MaxPooling1D<3, Strides<2>, Padding<1>>{}});
    check_golden_convolution("pool_2_maxpool2d", Sequential{Input<8, 6, 3>{}, MaxPooling2D<2>{}});
    check_golden_convolution(
        "pool_3_maxpool2d",
        Sequential{Input<7, 9, 2>{}, MaxPooling2D<3, Strides<2>, Padding<1>>{}});
    check_golden_convolution("pool_4_maxpool2d",
                             Sequential{Input<7, 7, 1>{}, MaxPooling2D<2, Same>{}});
    check_golden_convolution("pool_5_avgpool1d", Sequential{Input<10, 3>{}, AveragePooling1D<3>{}});
    check_golden_convolution("pool_6_avgpool2d",
                             Sequential{Input<6, 8, 2>{}, AveragePooling2D<2>{}});
    check_golden_convolution(
        "pool_7_avgpool2d",
        Sequential{Input<7, 7, 3>{}, AveragePooling2D<3, Strides<2>, Padding<1>, CountZeros>{}});
    check_golden_convolution(
        "pool_8_avgpool2d",
        Sequential{Input<7, 7, 3>{}, AveragePooling2D<3, Strides<2>, Padding<1>>{}});
}

TEST_CASE("MaxPooling2D: of equals the first; a NaN is seen; infinities pass") {
    using N = Network<Sequential<Input<2, 6, 1>, MaxPooling2D<2>>, double, true>;
    Bench<N> bench({}, 1, {});
    double const nan = std::numeric_limits<double>::quiet_NaN(),
                 inf = std::numeric_limits<double>::infinity();
    bench.x[0] = {1, 3, nan, 2, -inf, -inf, 3, 3, 1, 1, -inf, -inf};
    bench.factor[0] = {1, 1, 1};
    auto const all = bench.backward();
    CHECK(all[0] == 3);
    CHECK(std::isnan(all[1]));
    CHECK(all[2] == -inf);
    std::vector<double> const dx(all.end() - 12, all.end());
    CHECK(dx == std::vector<double>{0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0});
}
