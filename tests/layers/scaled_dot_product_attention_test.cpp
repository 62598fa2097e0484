// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/scaled_dot_product_attention.hpp>

#include "support/check_golden.hpp"
#include "support/check_layer.hpp"
#include "support/check_steps.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;
using lamina::Causal;

namespace {

struct Recent {   // the last three moments
    static constexpr bool sees(std::size_t query, std::size_t key) {
        return key <= query && query < key + 3;
    }
};

} // namespace

static_assert(!ScaledDotProductAttention::On<Shape<5>>::fits);
static_assert(!ScaledDotProductAttention::On<Shape<5, 4>, Shape<6, 3>>::fits);
static_assert(!ScaledDotProductAttention::On<Shape<5, 4>, Shape<6, 3>, Shape<7, 4>>::fits);
static_assert(ScaledDotProductAttention::On<Shape<5, 4>, Shape<6, 3>, Shape<6, 4>>::fits);

TEST_CASE("ScaledDotProductAttention: what every layer owes") {
    check_layer("one moment", Sequential{Input<1, 3>{}, ScaledDotProductAttention{}});
    check_layer("itself", Sequential{Input<5, 3>{}, Dense<4>{}, ScaledDotProductAttention{},
                                     Squash{}});
    check_layer("causal", Sequential{Input<70, 2>{}, ScaledDotProductAttentionWith<Causal>{}});
    check_layer("query and value", graph<Input<3, 4>, Input<6, 4>>([](auto q, auto v) {
                    return join(q, v) | ScaledDotProductAttention{.scale = 0.7f};
                }));
    check_layer("query, value, key",
                graph<Input<3, 4>, Input<6, 17>, Input<6, 4>>([](auto q, auto v, auto k) {
                    return join(q, v, k) | ScaledDotProductAttention{};
                }));
    check_layer("the same thrice", graph<Input<3, 4>>([](auto x) {
                    auto h = x | Dense<4>{};
                    return join(h, h, h) | ScaledDotProductAttention{};
                }));
    check_layer("padding", graph<Input<3, 4>, Tokens<6>>([](auto q, auto tokens) {
                    return join(q, tokens | Embedding<5, 4, MaskZero>{})
                         | ScaledDotProductAttention{};
                }));
    check_layer("an additive mask", graph<Input<3, 4>, Input<6, 4>, Input<3, 6>>(
                    [](auto q, auto v, auto mask) {
                        return join(q, v, mask) | ScaledDotProductAttentionWith<AdditiveMask>{};
                    }));
    check_layer("frozen above", Sequential{Input<5, 3>{}, frozen(Dense<4>{}),
                                           ScaledDotProductAttention{}, Dense<2>{}});
    check_layer("dropout", Sequential{Input<5, 3>{}, ScaledDotProductAttention{.dropout = 0.4f}},
                Conditions{.by_sample = false, .one_mode = false});
}

TEST_CASE("ScaledDotProductAttention: moment by moment") {
    check_steps<0>("causal", Sequential{Input<9, 3>{}, ScaledDotProductAttentionWith<Causal>{}});
    check_steps<0>("one moment",
                   Sequential{Input<1, 3>{}, ScaledDotProductAttentionWith<Causal>{}});
    check_steps<0>("a scale", Sequential{Input<6, 4>{}, Dense<5>{},
                                         ScaledDotProductAttentionWith<Causal>{.scale = 0.7f}});
    check_steps<0>("padding", Sequential{Tokens<9>{}, Embedding<5, 4, MaskZero>{},
                                         ScaledDotProductAttentionWith<Causal>{}});
    check_steps<0>("a constant mask",
                   Sequential{Input<9, 3>{},
                              ScaledDotProductAttentionWith<Causal, MaskedBy<Recent>>{}});
    check_steps<0>("longer than a tile",
                   Sequential{Input<300, 3>{}, ScaledDotProductAttentionWith<Causal>{}});
    check_steps<0>("query, value, key", graph<Input<7, 4>>([](auto x) {
                       return join(x | Dense<3>{}, x | Dense<5>{}, x | Dense<3>{})
                            | ScaledDotProductAttentionWith<Causal>{};
                   }));
    check_steps<0>("over a memory", graph<Input<7, 4>, Input<5, 4>>([](auto x, auto memory) {
                       return join(x, memory) | ScaledDotProductAttention{};
                   }));
    check_steps<0>("memory, value and key",
                   graph<Input<7, 4>, Tokens<5>, Tokens<5>>([](auto x, auto v, auto k) {
                       return join(x, v | Embedding<5, 3, MaskZero>{},
                                   k | Embedding<5, 4, MaskZero>{})
                            | ScaledDotProductAttention{};
                   }));
    check_steps<0, 1>("a stepped mask", graph<Input<7, 4>, Input<7, 7>>([](auto x, auto mask) {
                          return join(x, mask)
                               | ScaledDotProductAttentionWith<AdditiveMask, Causal>{};
                      }));
    check_steps<0>("a mask that is there", graph<Input<7, 4>, Input<7, 7>>([](auto x, auto mask) {
                       return join(x, mask) | ScaledDotProductAttentionWith<AdditiveMask, Causal>{};
                   }));
    check_steps<0>("a boolean mask over a memory",
                   graph<Input<7, 4>, Input<5, 4>, Tokens<7, 5>>([](auto x, auto m, auto mask) {
                       return join(x, m, mask) | ScaledDotProductAttentionWith<BooleanMask>{};
                   }),
                   Conditions{.classes = 2});
}

TEST_CASE("ScaledDotProductAttention: PyTorch's numbers") {
    // its weights are an output too: attention to the rows of a unit matrix
    golden::Case golden("sdpa_causal");
    for (auto& [key, array] : golden.arrays)   // heads are samples here
        array.shape = {4, 5, array.size() / 20};
    auto const net = graph<Input<5, 4>, Input<5, 4>, Input<5, 4>, Input<5, 5>>(
        [](auto q, auto k, auto v, auto unit) {
            return outputs(join(q, v, k) | ScaledDotProductAttentionWith<Causal>{},
                           join(q, unit, k) | ScaledDotProductAttentionWith<Causal>{});
        });
    auto& unit = golden.arrays["in/unit"];
    for (std::size_t i = 0; i < 100; ++i) unit.values.push_back(i / 5 % 5 == i % 5);
    check_golden(golden, net, {"in/q", "in/k", "in/v", "in/unit"}, {"out/y", "out/w"}, {}, {});
}

TEST_CASE("Attention: NaN comes out, and is not taken for keys that are not seen") {
    constexpr auto net =
        graph<Input<2, 2>, Input<3, 2>, Input<2, 3>>([](auto query, auto value, auto mask) {
            return join(query, value, mask) | ScaledDotProductAttentionWith<AdditiveMask>{};
        });
    Bench<Network<std::remove_const_t<decltype(net)>, double>> bench(net, 1, {});
    double const nan = std::numeric_limits<double>::quiet_NaN(), infinity = HUGE_VAL;
    bench.x[0] = {nan, 1, 2, 3};
    bench.x[1] = {1, 2, 3, 4, 5, 6};
    bench.x[2] = {0, 0, -infinity, -infinity, 0, -infinity};
    auto const y = bench.forward(false);
    CHECK(std::isnan(y[0]));
    CHECK(std::isnan(y[1]));
    CHECK(y[2] == 3);
    CHECK(y[3] == 4);
    bench.x[2] = {0, 0, 0, -infinity, -infinity, -infinity}; // here no key is seen
    CHECK(bench.forward(false)[2] == 0);
}
