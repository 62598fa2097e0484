// SPDX-License-Identifier: BSD-3-Clause
// Layers that only move numbers about.
#include <lamina/layers/circular_padding_1d.hpp>
#include <lamina/layers/circular_padding_2d.hpp>
#include <lamina/layers/cropping_1d.hpp>
#include <lamina/layers/cropping_2d.hpp>
#include <lamina/layers/permute.hpp>
#include <lamina/layers/pixel_shuffle.hpp>
#include <lamina/layers/pixel_unshuffle.hpp>
#include <lamina/layers/reflection_padding_1d.hpp>
#include <lamina/layers/reflection_padding_2d.hpp>
#include <lamina/layers/repeat_vector.hpp>
#include <lamina/layers/replication_padding_1d.hpp>
#include <lamina/layers/replication_padding_2d.hpp>
#include <lamina/layers/reshape.hpp>
#include <lamina/layers/spatial_dropout_1d.hpp>
#include <lamina/layers/spatial_dropout_2d.hpp>
#include <lamina/layers/up_sampling_1d.hpp>
#include <lamina/layers/up_sampling_2d.hpp>
#include <lamina/layers/zero_padding_1d.hpp>
#include <lamina/layers/zero_padding_2d.hpp>

#include "support/check_golden_convolution.hpp"
#include "support/check_layer.hpp"
#include "support/check_steps.hpp"
#include "support/layers.hpp"

#include <lamina/layers/conv_2d.hpp>
#include <lamina/layers/dense.hpp>

#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

/// What a network without parameters makes of the numbers 1, 2, 3, ...
template <class D>
std::vector<double> counted(D const& definition) {
    Bench<Network<D, double>> bench(definition, 1, {});
    double n = 0;
    for (double& x : bench.x[0]) x = ++n;
    return bench.forward(false);
}

} // namespace

static_assert(std::is_same_v<ZeroPadding2D<1, 2>::On<Shape<3, 4, 5>>::Output, Shape<5, 8, 5>>);
static_assert(std::is_same_v<Cropping2D<1, 0, 2, 1>::On<Shape<3, 4, 5>>::Output, Shape<2, 1, 5>>);
static_assert(!Cropping1D<2>::On<Shape<4, 5>>::fits);
static_assert(
    std::is_same_v<ReflectionPadding2D<1, 0, 2, 1>::On<Shape<3, 4, 5>>::Output, Shape<4, 7, 5>>);
static_assert(std::is_same_v<ReplicationPadding1D<9>::On<Shape<1, 5>>::Output, Shape<19, 5>>);
static_assert(ReflectionPadding1D<2>::On<Shape<3, 5>>::fits &&
              !ReflectionPadding1D<3>::On<Shape<3, 5>>::fits);
static_assert(CircularPadding1D<3>::On<Shape<3, 5>>::fits &&
              !CircularPadding1D<4, 0>::On<Shape<3, 5>>::fits);
static_assert(!CircularPadding2D<1>::On<Shape<3, 5>>::fits);
static_assert(std::is_same_v<Permute<3, 1, 2>::On<Shape<3, 4, 5>>::Output, Shape<5, 3, 4>>);
static_assert(std::is_same_v<PixelShuffle<2>::On<Shape<3, 5, 12>>::Output, Shape<6, 10, 3>>);
static_assert(std::is_same_v<PixelUnshuffle<3>::On<Shape<6, 9, 2>>::Output, Shape<2, 3, 18>>);
static_assert(!PixelShuffle<2>::On<Shape<3, 5, 6>>::fits);
static_assert(!PixelUnshuffle<2>::On<Shape<4, 5, 6>>::fits);
static_assert(!Permute<1, 1>::On<Shape<3, 4>>::fits && !Permute<1, 2>::On<Shape<3>>::fits);

TEST_CASE("ZeroPadding, Cropping: what every layer owes") {
    check_layer("1D", Sequential{Input<4, 3>{}, ZeroPadding1D<1>{}});
    check_layer("1D, behind", Sequential{Input<4, 1>{}, Dense<2>{}, ZeroPadding1D<0, 2>{}});
    check_layer("2D", Sequential{Input<2, 3, 2>{}, ZeroPadding2D<1>{}, Squash{}});
    check_layer("2D, sides", Sequential{Input<2, 3, 1>{}, ZeroPadding2D<1, 0, 0, 3>{}});
    check_layer("cropped 1D", Sequential{Input<5, 3>{}, Cropping1D<2, 1>{}});
    check_layer("cropped 2D", Sequential{Input<4, 5, 2>{}, Squash{}, Cropping2D<1>{}});
    check_layer("cropped 2D, sides", Sequential{Input<4, 5, 2>{}, Cropping2D<0, 2, 3, 1>{}});
    check_layer("both", Sequential{Input<3, 3, 2>{}, ZeroPadding2D<2>{}, Cropping2D<1, 2>{}});
}

TEST_CASE("ReflectionPadding, ReplicationPadding, CircularPadding: what every layer owes") {
    check_layer("reflected", Sequential{Input<4, 3>{}, ReflectionPadding1D<3>{}});
    check_layer("reflected behind", Sequential{Input<4, 1>{}, ReflectionPadding1D<0, 2>{}});
    check_layer("reflected image", Sequential{Input<3, 4, 2>{}, ReflectionPadding2D<2>{}});
    check_layer("reflected sides",
                Sequential{Input<2, 3, 1>{}, Squash{}, ReflectionPadding2D<1, 0, 0, 2>{}});
    check_layer("17 channels", Sequential{Input<2, 2, 17>{}, ReflectionPadding2D<1>{}, Squash{}});
    check_layer("repeated", Sequential{Input<1, 3>{}, ReplicationPadding1D<4, 1>{}});
    check_layer("repeated image",
                Sequential{Input<2, 3, 2>{}, ReplicationPadding2D<3, 1>{}, Squash{}});
    check_layer("repeated sides", Sequential{Input<1, 1, 2>{}, ReplicationPadding2D<0, 2, 3, 1>{}});
    check_layer("anew", Sequential{Input<3, 2>{}, Squash{}, CircularPadding1D<3>{}});
    check_layer("image anew", Sequential{Input<3, 2, 9>{}, CircularPadding2D<1, 2>{}});
    check_layer("anew sides", Sequential{Input<2, 3, 1>{}, CircularPadding2D<2, 0, 1, 3>{}});
    check_layer("nothing", Sequential{Input<2, 3, 2>{}, Squash{}, ReflectionPadding2D<0>{}});
    check_layer("before a convolution",
                Sequential{Input<4, 4, 1>{}, ReflectionPadding2D<1>{}, Conv2D<2, 3>{}});
}

TEST_CASE("UpSampling, RepeatVector: what every layer owes") {
    check_layer("1D", Sequential{Input<4, 3>{}, UpSampling1D<>{}});
    check_layer("1D, 3", Sequential{Input<2, 17>{}, UpSampling1D<3>{}});
    check_layer("2D", Sequential{Input<2, 3, 2>{}, UpSampling2D<>{}});
    check_layer("2D, 1 x 3", Sequential{Input<2, 2, 1>{}, Squash{}, UpSampling2D<1, 3>{}});
    check_layer("one pixel", Sequential{Input<1, 1, 3>{}, UpSampling2D<2>{}, Squash{}});
    check_layer("vector", Sequential{Input<3>{}, RepeatVector<4>{}});
    check_layer("vector once", Sequential{Input<3>{}, Dense<5>{}, RepeatVector<1>{}});
    check_layer("vector, then time", Sequential{Input<2>{}, RepeatVector<3>{}, Recurrent<2>{}});
}

TEST_CASE("UpSampling2D, Bilinear: what every layer owes") {
    check_layer("2 x 2", Sequential{Input<2, 3, 2>{}, UpSampling2D<2, 2, Bilinear>{}});
    check_layer("once", Sequential{Input<3, 2, 3>{}, UpSampling2D<1, 1, Bilinear>{}});
    check_layer("3 x 1", Sequential{Input<3, 4, 1>{}, Squash{}, UpSampling2D<3, 1, Bilinear>{}});
    check_layer("1 x 4", Sequential{Input<3, 3, 2>{}, UpSampling2D<1, 4, Bilinear>{}, Squash{}});
    check_layer("5 x 2", Sequential{Input<2, 2, 3>{}, UpSampling2D<5, 2, Bilinear>{}});
    check_layer("one pixel", Sequential{Input<1, 1, 3>{}, UpSampling2D<3, 3, Bilinear>{}});
    check_layer("one row", Sequential{Input<1, 5, 2>{}, UpSampling2D<2, 3, Bilinear>{}});
    check_layer("17 channels", Sequential{Input<2, 2, 17>{}, UpSampling2D<2, 2, Bilinear>{}});
    check_layer("twice", Sequential{Input<2, 2, 1>{}, UpSampling2D<2, 2, Bilinear>{},
                                    UpSampling2D<2, 3, Bilinear>{}});
}

TEST_CASE("UpSampling2D: PyTorch's numbers") {
    check_golden_convolution("upsample_bilinear_0",
                             Sequential{Input<4, 3, 3>{}, UpSampling2D<2, 2, Bilinear>{}});
    check_golden_convolution("upsample_bilinear_1",
                             Sequential{Input<3, 5, 2>{}, UpSampling2D<3, 4, Bilinear>{}});
    check_golden_convolution("upsample_nearest_0",
                             Sequential{Input<3, 4, 2>{}, UpSampling2D<2, 3>{}});
}

TEST_CASE("PixelShuffle, PixelUnshuffle: what every layer owes") {
    check_layer("2", Sequential{Input<2, 3, 4>{}, PixelShuffle<2>{}});
    check_layer("2, three channels", Sequential{Input<2, 1, 12>{}, PixelShuffle<2>{}, Squash{}});
    check_layer("3", Sequential{Input<1, 2, 9>{}, Squash{}, PixelShuffle<3>{}});
    check_layer("1", Sequential{Input<2, 2, 3>{}, PixelShuffle<1>{}});
    check_layer("un 2", Sequential{Input<4, 2, 1>{}, PixelUnshuffle<2>{}});
    check_layer("un 2, three channels", Sequential{Input<2, 4, 3>{}, PixelUnshuffle<2>{}});
    check_layer("un 3", Sequential{Input<3, 6, 2>{}, Squash{}, PixelUnshuffle<3>{}});
    check_layer("there and back",
                Sequential{Input<2, 3, 8>{}, PixelShuffle<2>{}, PixelUnshuffle<2>{}});
}

TEST_CASE("Permute: what every layer owes") {
    check_layer("1", Sequential{Input<3>{}, Permute<1>{}});
    check_layer("2, 1", Sequential{Input<3, 4>{}, Permute<2, 1>{}});
    check_layer("1, 2", Sequential{Input<3, 4>{}, Dense<2>{}, Permute<1, 2>{}});
    check_layer("3, 1, 2", Sequential{Input<2, 3, 4>{}, Permute<3, 1, 2>{}});
    check_layer("2, 3, 1", Sequential{Input<2, 3, 4>{}, Permute<2, 3, 1>{}, Squash{}});
    check_layer("1, 3, 2", Sequential{Input<1, 3, 2>{}, Permute<1, 3, 2>{}});
    check_layer("4, 2, 3, 1", Sequential{Input<2, 3, 2, 2>{}, Permute<4, 2, 3, 1>{}});
    check_layer("there and back",
                Sequential{Input<2, 3, 4>{}, Permute<3, 1, 2>{}, Permute<2, 3, 1>{}});
}

TEST_CASE("SpatialDropout: what every layer owes") {
    Conditions const modes{.by_sample = false, .one_mode = false};
    check_layer("1D", Sequential{Input<4, 3>{}, SpatialDropout1D{}}, modes);
    check_layer("1D, 0.2", Sequential{Input<4, 17>{}, SpatialDropout1D{.rate = 0.2f}}, modes);
    check_layer("2D", Sequential{Input<2, 3, 4>{}, Squash{}, SpatialDropout2D{}}, modes);
    check_layer("rate 0", Sequential{Input<4, 3>{}, SpatialDropout1D{.rate = 0}});
    check_layer("rate 1", Sequential{Input<4, 3>{}, SpatialDropout1D{.rate = 1}}, modes);
    check_steps<0>("1D, moment by moment",
                   Sequential{Input<5, 3>{}, SpatialDropout1D{}, Dense<2>{}});
}

TEST_CASE("what is moved, by hand") {
    using V = std::vector<double>;
    CHECK(counted(Sequential{Input<2, 1>{}, ZeroPadding1D<1, 2>{}}) == V{0, 1, 2, 0, 0});
    CHECK(counted(Sequential{Input<1, 2, 1>{}, ZeroPadding2D<1, 0, 0, 1>{}}) ==
          V{0, 0, 0, 1, 2, 0});
    CHECK(counted(Sequential{Input<3, 3, 1>{}, Cropping2D<1, 0, 0, 1>{}}) == V{4, 5, 7, 8});
    CHECK(counted(Sequential{Input<3, 1>{}, ReflectionPadding1D<2>{}}) == V{3, 2, 1, 2, 3, 2, 1});
    CHECK(counted(Sequential{Input<3, 1>{}, ReplicationPadding1D<2>{}}) == V{1, 1, 1, 2, 3, 3, 3});
    CHECK(counted(Sequential{Input<3, 1>{}, CircularPadding1D<2>{}}) == V{2, 3, 1, 2, 3, 1, 2});
    CHECK(counted(Sequential{Input<2, 3, 1>{}, ReflectionPadding2D<1, 0, 0, 2>{}}) ==
          V{4, 5, 6, 5, 4, 1, 2, 3, 2, 1, 4, 5, 6, 5, 4});
    CHECK(counted(Sequential{Input<2, 2, 1>{}, ReplicationPadding2D<0, 1, 1, 0>{}}) ==
          V{1, 1, 2, 3, 3, 4, 3, 3, 4});
    CHECK(counted(Sequential{Input<2, 2, 1>{}, CircularPadding2D<1, 0, 1, 0>{}}) ==
          V{4, 3, 4, 2, 1, 2, 4, 3, 4});
    CHECK(counted(Sequential{Input<1, 2, 1>{}, UpSampling2D<2>{}}) == V{1, 1, 2, 2, 1, 1, 2, 2});
    CHECK(counted(Sequential{Input<1, 2, 1>{}, UpSampling2D<1, 2, Bilinear>{}}) ==
          V{1, 1.25, 1.75, 2});
    CHECK(counted(Sequential{Input<2, 1, 1>{}, UpSampling2D<4, 1, Bilinear>{}}) ==
          V{1, 1, 1.125, 1.375, 1.625, 1.875, 2, 2});
    CHECK(counted(Sequential{Input<2, 2>{}, UpSampling1D<2>{}}) == V{1, 2, 1, 2, 3, 4, 3, 4});
    CHECK(counted(Sequential{Input<1, 2, 4>{}, PixelShuffle<2>{}}) == V{1, 2, 5, 6, 3, 4, 7, 8});
    CHECK(counted(Sequential{Input<1, 1, 8>{}, PixelShuffle<2>{}}) == V{1, 5, 2, 6, 3, 7, 4, 8});
    CHECK(counted(Sequential{Input<2, 4, 1>{}, PixelUnshuffle<2>{}}) == V{1, 2, 5, 6, 3, 4, 7, 8});
    CHECK(counted(Sequential{Input<2, 3, 8>{}, PixelShuffle<2>{}, PixelUnshuffle<2>{}}) ==
          counted(Sequential{Input<2, 3, 8>{}, Reshape<2, 3, 8>{}}));
    CHECK(counted(Sequential{Input<2, 3>{}, Permute<2, 1>{}}) == V{1, 4, 2, 5, 3, 6});
    CHECK(counted(Sequential{Input<2>{}, RepeatVector<2>{}}) == V{1, 2, 1, 2});
}

TEST_CASE("SpatialDropout1D: a feature is kept or dropped at all moments, and the mean stays") {
    using N = Network<Sequential<Input<5, 2000>, SpatialDropout1D>, double>;
    Bench<N> bench(Sequential{Input<5, 2000>{}, SpatialDropout1D{.rate = 0.25f}}, 2, {});
    for (double& x : bench.x[0]) x = 3;
    auto const y = bench.forward(true);
    double sum = 0;
    for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t j = 0; j < 2000; ++j) {
            double const first = y[n * 10000 + j];
            CHECK((first == 0 || first == 4));
            for (std::size_t t = 1; t < 5; ++t) CHECK(y[n * 10000 + t * 2000 + j] == first);
            sum += first;
        }
    CHECK(sum / 4000 == doctest::Approx(3).epsilon(0.05));
}
