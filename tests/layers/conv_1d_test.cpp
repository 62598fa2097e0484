// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/conv_1d.hpp>

#include "support/check_golden_convolution.hpp"
#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/activations/relu.hpp>
#include <lamina/layers/dense.hpp>

#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {
template <class L, class In>
using OutputOn = typename L::template On<In>::Output;
} // namespace

static_assert(std::is_same_v<OutputOn<Conv1D<8, 3>, Shape<10, 2>>, Shape<8, 8>>);
static_assert(std::is_same_v<OutputOn<Conv1D<8, 3, Same, Strides<4>>, Shape<10, 2>>, Shape<3, 8>>);
static_assert(
    std::is_same_v<OutputOn<Conv1D<8, 3, Causal, Dilation<2>>, Shape<10, 2>>, Shape<10, 8>>);
static_assert(std::is_same_v<OutputOn<Conv1D<8, 3, Padding<1, 2>>, Shape<10, 2>>, Shape<11, 8>>);
static_assert(!Conv1D<8, 3>::On<Shape<2, 5>>::fits && !Conv1D<8, 3>::On<Shape<5>>::fits);

TEST_CASE("Conv1D: what every layer owes") {
    check_layer("one moment", Sequential{Input<1, 2>{}, Conv1D<3, 1>{}});
    check_layer("3", Sequential{Input<7, 2>{}, Conv1D<3, 3>{}});
    check_layer("same", Sequential{Input<6, 3>{}, Conv1D<4, 4, Same>{}, Squash{}});
    check_layer("penalties", Sequential{Input<5, 2>{}, Conv1D<3, 2, Squash>{.kernel_l1 = 0.3f}});
    check_layer("causal", Sequential{Input<6, 3>{}, Conv1D<4, 3, Causal>{}});
    check_layer("causal, dilated", Sequential{Input<7, 1>{}, Conv1D<2, 3, Causal, Dilation<2>>{}});
    check_layer("strides", Sequential{Input<9, 2>{}, Conv1D<17, 3, Strides<2>>{}});
    check_layer("groups", Sequential{Input<5, 4>{}, Conv1D<6, 2, Groups<2>, NoBias>{}});
    check_layer("masked", Sequential{Tokens<6>{}, Embedding<5, 4, MaskZero>{},
                                     Conv1D<3, 3, ReLU, Same>{}, GlobalAveragePooling1D{}});
    check_layer("frozen", Sequential{Input<5, 3>{}, Dense<3>{}, frozen(Conv1D<3, 2>{})});
}

TEST_CASE("Conv1D: PyTorch's numbers") {
    check_golden_convolution("conv1d_0", Sequential{Input<9, 4>{}, Conv1D<3, 3>{}});
    check_golden_convolution("conv1d_1",
                             Sequential{Input<7, 1>{}, Conv1D<2, 2, Strides<2>, Padding<1>>{}});
    check_golden_convolution(
        "conv1d_2", Sequential{Input<11, 6>{}, Conv1D<4, 3, Groups<2>, Dilation<2>, NoBias>{}});
    check_golden_convolution("conv1d_3", Sequential{Input<8, 5>{}, Conv1D<5, 5, Same>{}});
}

TEST_CASE("Conv1D: a causal window sees nothing of the future") {
    using N = Network<Sequential<Input<4, 1>, Conv1D<1, 2, Causal, NoBias>>, double>;
    Bench<N> bench({}, 1, {});
    bench.weights.values[0] = 10; // the moment before
    bench.weights.values[1] = 1;
    bench.x[0] = {1, 2, 3, 4};
    CHECK(bench.forward(false) == std::vector<double>{1, 12, 23, 34});
}
