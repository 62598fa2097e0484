// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/graph/branch.hpp>

#include "support/kernels.hpp"
#include "support/layers.hpp"

#include <doctest/doctest.h>

#include <lamina/graph/frozen.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/graph/shared.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/layer_normalization.hpp>
#include <lamina/layers/residual.hpp>
#include <lamina/model/weights.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

using namespace lamina;
using namespace lamina::testing;

namespace {

struct Tower {
    constexpr auto operator()(AnyNode auto x) const {
        return x | Dense<4>{} | LayerNormalization{} | named<"head">(Dense<4>{});
    }
};
/// Brothers by type, by name, by both; blocks in blocks; a name that looks like a number's.
constexpr auto deep = graph<Input<4>>([](auto x) {
    auto tower = shared(Tower{});
    auto h =
        x | named<"stem">(Tower{}) | Residual{Dense<4>{}} | Tower{} | Tower{} | frozen(Tower{});
    return (h | tower) + (x | tower) + (h | named<"blocks.0">(Sequential{Dense<4>{}, Tower{}})) +
           (h | named<"block_7">(Dense<4>{})) + (h | named<"block">(Dense<4>{})) +
           (h | named<"block">(Dense<4>{}));
});
/// Eleven brothers and one more: a number of two digits is none of one.
constexpr auto many = graph<Input<4>>([](auto x) {
    auto const two = [](auto h) { return h | Dense<4, NoBias>{} | Dense<4, NoBias>{}; };
    return two(two(two(two(two(two(x))))));
});

using std::string_view;
// what is asked of each network: all of the paths of its tensors, layers and blocks are among them
constexpr std::array asked{"stem",
                           "stem/dense",
                           "stem/dense/kernel",
                           "stem/dense/bias",
                           "stem/layer_normalization",
                           "stem/layer_normalization/gamma",
                           "stem/layer_normalization/beta",
                           "stem/head",
                           "stem/head/kernel",
                           "stem/head/bias",
                           "residual",
                           "residual/sequential/dense",
                           "residual/sequential/dense/kernel",
                           "residual/sequential/dense/bias",
                           "tower",
                           "tower/dense",
                           "tower_1",
                           "tower_1/head/bias",
                           "tower_2",
                           "tower_2/layer_normalization",
                           "tower_3",
                           "tower_3/dense/kernel",
                           "tower_4",
                           "blocks.0",
                           "blocks.0/dense",
                           "blocks.0/tower",
                           "blocks.0/tower/head",
                           "block_7",
                           "block_7/kernel",
                           "block",
                           "block_1",
                           "block_1/bias",
                           "block_2",
                           "dense",
                           "dense/kernel",
                           "dense_1",
                           "dense_2",
                           "dense_9",
                           "dense_10",
                           "dense_11",
                           "dense_11/kernel",
                           "dense_12",
                           "dense_0",
                           "dense_01",
                           "dense_",
                           "dense_1x",
                           "Dense",
                           "den",
                           "dense_1/kern",
                           "stem/dense/kernel/x",
                           "stem/",
                           "/stem",
                           "",
                           "/",
                           "kernel",
                           "stem/kernel",
                           "dense_99999999999999999999"};

/// Of each tensor of a network, whether each path leads to it, as the compiler finds it, is whether
/// its whole path begins with it.
template <class Net>
std::size_t check(Net const&) {
    using N = Network<Net, float>;
    static constexpr auto branches = [] {
        std::array<Branch, asked.size()> all{};
        for (std::size_t k = 0; k < asked.size(); ++k) all[k] = branch_at(N::written, asked[k]);
        return all;
    }();
    std::size_t found = 0;
    for (std::size_t k = 0; k < asked.size(); ++k) {
        std::string const wanted = asked[k];
        CAPTURE(wanted);
        bool any = false;
        Weights<N>{}.for_each_parameter(
            [&](int row, std::string const& path, auto const& tensor, float const*) {
                bool const within = path == wanted || path.starts_with(wanted + "/");
                CAPTURE(path);
                CHECK(branches[k].holds(N::written, row, tensor.name) == within);
                any = any || within;
            });
        CHECK(leads_to_parameters(N::written, std::array{branches[k]}) == any);
        found += any;
    }
    return found;
}

} // namespace

TEST_CASE("a path leads to what has it, and to nothing else") {
    CHECK(check(deep) == 31);
    CHECK(check(many) == 8); // dense and its kernel, dense_1, _2, _9, _10, _11 and its kernel
}

TEST_CASE("the compiler's rule for words is the program's") {
    for (string_view const name : {"Dense", "MultiHeadAttention", "LSTM", "ReLU", "PReLU", "Conv2D",
                                   "GRU", "GlobalAveragePooling1D", "My_Layer", "A", "aB"}) {
        CAPTURE(name);
        std::string const snake = detail::snake_case(name);
        Scope const scope{-1, name, false};
        CHECK(detail::is_called(scope, snake));
        CHECK(!detail::is_called(scope, snake + "x"));
        CHECK(!detail::is_called(scope, snake.substr(0, snake.size() - 1)));
        CHECK(!detail::is_called(scope, "_" + snake));
        CHECK(detail::is_called({-1, name, true}, name)); // a given name is as it was given
    }
}
