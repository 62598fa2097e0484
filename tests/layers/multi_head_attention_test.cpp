// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/multi_head_attention.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>

#include <cstddef>
#include <type_traits>

using namespace lamina;
using namespace lamina::testing;
using lamina::Causal;

namespace {

template <class L, class... In>
using On = typename L::template On<In...>;
using Plain8 = MultiHeadAttention<2, 4>;

static_assert(std::is_same_v<On<Plain8, Shape<5, 6>>::Output, Shape<5, 6>>);
static_assert(On<Plain8, Shape<5, 6>>::Parameters::size == 3 * (6 * 8 + 8) + 8 * 6 + 6);
static_assert(On<MultiHeadAttention<4, 2, NoBias, KeyValueHeads<1>, ValueDim<3>, OutputDim<9>>,
                 Shape<5, 6>, Shape<7, 10>>::Parameters::size ==
              6 * 8 + 10 * 2 + 10 * 3 + 12 * 9);
static_assert(!On<Plain8, Shape<6>>::fits && !On<Plain8, Shape<4, 5, 6>>::fits);
static_assert(!On<Plain8, Shape<5, 6>, Shape<7, 6>, Shape<8, 6>>::fits);
static_assert(!On<Plain8, Shape<5, 6>, Shape<7, 6>, Shape<7, 6>, Shape<7, 6>>::fits);
static_assert(!On<MultiHeadAttention<2, 4, AdditiveMask>, Shape<5, 6>>::fits);
static_assert(!On<MultiHeadAttention<2, 4, AdditiveMask>, Shape<5, 6>, Shape<5, 4>>::fits);
static_assert(!On<MultiHeadAttention<2, 4, AdditiveMask>, Shape<5, 6>, Indices<5, 5>>::fits);
static_assert(On<MultiHeadAttention<2, 4, BooleanMask>, Shape<5, 6>, Indices<5, 5>>::fits);

struct Near {   // a window of two moments to either side
    static constexpr bool sees(std::size_t query, std::size_t key) {
        return query <= key + 2 && key <= query + 2;
    }
};

} // namespace

TEST_CASE("MultiHeadAttention: what every layer owes, over itself") {
    check_layer("one moment", Sequential{Input<1, 3>{}, MultiHeadAttention<1, 1>{}});
    check_layer("2 heads", Sequential{Input<5, 3>{}, MultiHeadAttention<2, 4>{}});
    check_layer("between layers", Sequential{Input<7, 2>{}, Dense<6>{}, MultiHeadAttention<3, 2>{},
                                             Squash{}, Dense<2>{}});
    check_layer("causal", Sequential{Input<6, 4>{}, MultiHeadAttention<2, 3, Causal>{}});
    check_layer("options", Sequential{Input<4, 5>{},
                                      MultiHeadAttention<2, 3, NoBias, ValueDim<2>, OutputDim<7>,
                                                         KernelInitializer<HeNormal>>{}});
    check_layer("grouped", Sequential{Input<5, 4>{},
                                      MultiHeadAttention<4, 2, KeyValueHeads<2>, Causal>{}});
    check_layer("multi-query", Sequential{Input<5, 4>{},
                                          MultiHeadAttention<3, 2, KeyValueHeads<1>>{}});
    check_layer("rotary", Sequential{Input<6, 4>{}, MultiHeadAttention<2, 4, Rotary<>>{}});
    check_layer("rotary halves", Sequential{Input<6, 4>{},
                                            MultiHeadAttention<2, 6, RotaryHalves<100>, Causal,
                                                               KeyValueHeads<1>>{}});
    check_layer("frozen",
                Sequential{Input<5, 3>{}, Dense<4>{}, frozen(MultiHeadAttention<2, 2>{})});
    check_layer("a constant mask", Sequential{Input<7, 3>{}, MultiHeadAttention<2, 2,
                                                                                MaskedBy<Near>>{}});
    check_layer("wide", Sequential{Input<3, 65>{}, MultiHeadAttention<1, 64>{}, Dense<1>{}});
}

TEST_CASE("MultiHeadAttention: what every layer owes, longer than a tile") {
    check_layer("65 queries", graph<Input<65, 1>, Input<3, 2>>([](auto x, auto memory) {
                    return join(x, memory) | MultiHeadAttention<1, 2, Causal>{};
                }));
    check_layer("129 keys", graph<Input<3, 2>, Input<129, 1>>([](auto x, auto memory) {
                    return join(x, memory) | MultiHeadAttention<2, 2, KeyValueHeads<1>>{};
                }));
}

TEST_CASE("MultiHeadAttention: what every layer owes, over a memory, with masks") {
    check_layer("memory", graph<Input<3, 4>, Input<5, 2>>([](auto x, auto memory) {
                    return join(x, memory) | MultiHeadAttention<2, 3>{};
                }));
    check_layer("query, value, key",
                graph<Input<3, 4>, Input<5, 2>, Input<5, 3>>([](auto q, auto v, auto k) {
                    return join(q, v | Dense<3>{}, k) | MultiHeadAttention<2, 3>{};
                }));
    check_layer("the same twice", graph<Input<5, 4>>([](auto x) {
                    auto h = x | Dense<3>{};
                    return join(h, h, x) | MultiHeadAttention<2, 3, Causal>{};
                }));
    check_layer("padding", Sequential{Tokens<6>{}, Embedding<5, 4, MaskZero>{},
                                      MultiHeadAttention<2, 3>{}, MultiHeadAttention<2, 2>{}});
    check_layer("padding and causal",
                Sequential{Tokens<6>{}, Embedding<5, 4, MaskZero>{},
                           MultiHeadAttention<2, 3, Causal>{}, Dense<2>{}});
    check_layer("the memory's padding", graph<Input<3, 4>, Tokens<5>>([](auto x, auto tokens) {
                    return join(x, tokens | Embedding<5, 2, MaskZero>{})
                         | MultiHeadAttention<2, 3>{};
                }));
    check_layer("paddings of value and key",
                graph<Input<3, 4>, Tokens<5>, Tokens<5>>([](auto x, auto a, auto b) {
                    return join(x, a | Embedding<5, 2, MaskZero>{},
                                b | Embedding<5, 3, MaskZero>{})
                         | MultiHeadAttention<2, 3>{};
                }));
    check_layer("an additive mask", graph<Input<4, 3>, Input<4, 4>>([](auto x, auto mask) {
                    return join(x, mask) | MultiHeadAttention<2, 3, AdditiveMask, Causal>{};
                }));
    check_layer("additive, cross, made by a layer",
                graph<Input<4, 3>, Input<5, 2>, Input<4, 2>>([](auto x, auto m, auto mask) {
                    return join(x, m, mask | Dense<5>{})
                         | MultiHeadAttention<4, 3, AdditiveMask, KeyValueHeads<2>>{};
                }));
    check_layer("a boolean mask", graph<Input<4, 3>, Tokens<4, 4>>([](auto x, auto mask) {
                    return join(x, mask) | MultiHeadAttention<2, 3, BooleanMask>{};
                }),
                Conditions{.classes = 2});
}

TEST_CASE("MultiHeadAttention: what every layer owes, with dropout") {
    Conditions const training{.by_sample = false, .one_mode = false};
    check_layer("5", Sequential{Input<5, 3>{}, MultiHeadAttention<2, 4>{.dropout = 0.3f}},
                training);
    check_layer("causal, grouped",
                Sequential{Tokens<6>{}, Embedding<5, 4, MaskZero>{},
                           MultiHeadAttention<2, 4, Causal, KeyValueHeads<1>>{.dropout = 0.5f}},
                training);
}
