// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/time_distributed.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/add.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/conv_2d.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/flatten.hpp>
#include <lamina/layers/max_pooling_2d.hpp>
#include <lamina/layers/multiply.hpp>

#include <cstddef>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(std::is_same_v<TimeDistributed<Conv2D<8, 3>>::On<Shape<7, 5, 4, 2>>::Output,
                             Shape<7, 3, 2, 8>>);
static_assert(!TimeDistributed<Conv2D<8, 3>>::On<Shape<5, 4, 2>>::fits);

namespace {

template <std::size_t Filters>
struct SeesImages {
    constexpr auto operator()(AnyNode auto x) const {
        static_assert(std::is_same_v<typename decltype(x)::Output, Shape<3, 4, 2>>);
        auto h = x | Conv2D<Filters, 3, Squash, Same>{};
        return (h + (h | Conv2D<Filters, 1>{})) | Flatten{} | Dense<2>{};
    }
};

} // namespace

TEST_CASE("TimeDistributed: what every layer owes") {
    check_layer("Dense", Sequential{Input<4, 3>{}, TimeDistributed{Dense<2>{}}});
    check_layer("Flatten", Sequential{Input<3, 2, 2>{}, TimeDistributed{Flatten{}}, Squash{}});
    check_layer("Conv2D", Sequential{Input<2, 3, 4, 2>{}, TimeDistributed{Conv2D<3, 2>{}}});
    check_layer("MaxPooling2D",
                Sequential{Input<2, 4, 4, 2>{}, Squash{}, TimeDistributed{MaxPooling2D<2>{}}});
    check_layer("Squash", Sequential{Input<3, 4>{}, Dense<2>{}, TimeDistributed{Squash{}}});
    check_layer("BatchNormalization",
                Sequential{Input<3, 4>{}, TimeDistributed{BatchNormalization{}}},
                {.by_sample = false, .one_mode = false});
    check_layer("Recurrent", Sequential{Input<2, 3, 2>{}, TimeDistributed{Recurrent<3>{}}});
    check_layer("Dense and its activation",
                Sequential{Input<4, 3>{}, TimeDistributed{Dense<2, Squash>{}}});
    check_layer("Conv2D and its activation, of images of numbers",
                Sequential{Input<2, 3, 4, 2>{}, TimeDistributed{Conv2D<3, 2, Squash>{}}});
    check_layer("a block", Sequential{Input<2, 3, 4, 2>{}, TimeDistributed{SeesImages<3>{}}});
    check_layer("a function", Sequential{Input<3, 2, 4>{}, TimeDistributed{[](auto x) {
                                             return (x * (x | Dense<4>{})) | Flatten{};
                                         }}});
    check_layer("a block of two outputs", graph<Input<3, 2, 4>>([](auto x) {
                    auto [a, b] = x | TimeDistributed{[](auto m) {
                                      return outputs(m | Flatten{}, m | Dense<8>{} | Flatten{});
                                  }};
                    return join(a, b) | Concatenate{} | Dense<2>{};
                }));
    check_layer("several", Sequential{Input<2, 3, 4, 1>{},
                                      TimeDistributed{Sequential{Conv2D<3, 2>{}, Flatten{},
                                                                 Dense<2>{}}},
                                      Recurrent<3>{}});
}

TEST_CASE("TimeDistributed: each moment by itself") {
    using N = Network<Sequential<Input<3, 2>, TimeDistributed<Dense<1>>>, double>;
    Bench<N> bench({}, 1, {});
    double const values[]{1, 10, 100};
    std::copy_n(values, 3, bench.weights.values.data());
    bench.x[0] = {1, 2, 3, 4, 5, 6};
    CHECK(bench.forward(false) == std::vector<double>{121, 143, 165});
}
