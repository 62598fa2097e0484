// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/graph/names.hpp>

#include "support/kernels.hpp"
#include "support/layers.hpp"

#include <doctest/doctest.h>

#include <lamina/graph/frozen.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/graph/shared.hpp>
#include <lamina/layers/add.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/parallel.hpp>
#include <lamina/layers/residual.hpp>
#include <lamina/model/weights.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

template <class D>
std::vector<std::string> parameters_of(D const& definition) {
    Weights<Network<D, float>> const weights(definition);
    std::vector<std::string> names;
    float const* next = weights.values.data();
    bool one_after_another = true;
    weights.for_each_parameter([&](int, std::string const& path, auto const& tensor,
                                   float const* numbers) {
        names.push_back(path);
        one_after_another = one_after_another && numbers == next;
        next = numbers + tensor.extents.size;
    });
    CHECK(one_after_another);
    CHECK(next == weights.values.data() + Network<D, float>::parameters);
    return names;
}
using Names = std::vector<std::string>;

struct Tower {
    constexpr auto operator()(AnyNode auto x) const {
        return x | Dense<4>{} | Squash{} | named<"head">(Dense<4>{});
    }
};

} // namespace

TEST_CASE("snake_case is Keras' rule") {
    CHECK(detail::snake_case("Dense") == "dense");
    CHECK(detail::snake_case("MultiHeadAttention") == "multi_head_attention");
    CHECK(detail::snake_case("LSTM") == "lstm");
    CHECK(detail::snake_case("ReLU") == "re_lu");
    CHECK(detail::snake_case("PReLU") == "p_re_lu");
    CHECK(detail::snake_case("Conv2D") == "conv2d");
    CHECK(detail::snake_case("GlobalAveragePooling1D") == "global_average_pooling1d");
    CHECK(detail::snake_case("BatchNormalization") == "batch_normalization");
    CHECK(detail::snake_case("") == "");
}

TEST_CASE("Brothers are told apart by a number, blocks are folders") {
    CHECK(parameters_of(Sequential{Input<3>{}, Dense<4, NoBias>{}, Dense<5, NoBias>{},
                                   Dense<4, NoBias>{}})
          == Names{"dense/kernel", "dense_1/kernel", "dense_2/kernel"});
    CHECK(parameters_of(Sequential{Input<4>{}, Tower{}, Tower{}})
          == Names{"tower/dense/kernel", "tower/dense/bias", "tower/head/kernel",
                   "tower/head/bias", "tower_1/dense/kernel", "tower_1/dense/bias",
                   "tower_1/head/kernel", "tower_1/head/bias"});
    CHECK(parameters_of(Sequential{Input<4>{}, Residual{Dense<4, NoBias>{}},
                                   Parallel{Dense<1, NoBias>{}, Dense<2, NoBias>{}}})
          == Names{"residual/sequential/dense/kernel", "parallel/dense/kernel",
                   "parallel/dense_1/kernel"});
}

TEST_CASE("named<> names a layer, a block, a lambda, and what is frozen") {
    CHECK(parameters_of(Sequential{Input<4>{}, named<"first">(Dense<4, NoBias>{}),
                                   named<"second">(Tower{}),
                                   named<"third">(frozen(Dense<4, NoBias>{})),
                                   frozen(named<"fourth">(Dense<4, NoBias>{}))})
          == Names{"first/kernel", "second/dense/kernel", "second/dense/bias", "second/head/kernel",
                   "second/head/bias", "third/kernel", "fourth/kernel"});
    CHECK(parameters_of(graph<Input<4>>([](auto x) {
              auto const inner = [](auto h) { return h | Dense<4, NoBias>{}; };
              return inner(x) | named<"block">(inner) | inner;
          })) == Names{"dense/kernel", "block/dense/kernel", "dense_1/kernel"});
    CHECK(parameters_of(Sequential{Input<4>{}, named<"encoder">(Sequential{Dense<4, NoBias>{}}),
                                   Sequential{Dense<2, NoBias>{}}})
          == Names{"encoder/dense/kernel", "sequential/dense/kernel"});
}

TEST_CASE("A network within a network has the name that it is given, or none") {
    auto const inner = graph<Input<4>>(
        [](auto x) { return x | Dense<4, NoBias>{} | Squash{} | Dense<4, NoBias>{}; });
    CHECK(parameters_of(Sequential{Input<4>{}, named<"encoder">(inner), Dense<4, NoBias>{}, inner})
          == Names{"encoder/dense/kernel", "encoder/dense_1/kernel", "dense/kernel",
                   "dense_1/kernel", "dense_2/kernel"});
}

TEST_CASE("What shares parameters adds none; state has names too") {
    CHECK(parameters_of(graph<Tokens<3>>([](auto t) {
              auto e = t | Embedding<5, 4>{};
              auto h = e | Dense<4, NoBias>{};
              return h | shared(h) | tied(e);
          })) == Names{"embedding/embeddings", "dense/kernel"});
    using N = Network<Sequential<Input<3>, BatchNormalization, Dense<2>, BatchNormalization>,
                      float>;
    Weights<N> const weights;
    Names names;
    weights.for_each_state([&](int, std::string const& path, auto const&, float const* numbers) {
        names.push_back(path);
        CHECK(numbers[0] == (path.ends_with("variance") ? 1.0f : 0.0f));
    });
    CHECK(names == Names{"batch_normalization/moving_mean", "batch_normalization/moving_variance",
                         "batch_normalization_1/moving_mean",
                         "batch_normalization_1/moving_variance"});
}
