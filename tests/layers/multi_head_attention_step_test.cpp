// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/multi_head_attention.hpp>

#include "support/check_layer.hpp"
#include "support/check_steps.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>

#include <cstddef>

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

TEST_CASE("MultiHeadAttention: moment by moment over itself") {
    check_steps<0>("causal", Sequential{Input<9, 3>{}, MultiHeadAttention<2, 5, Causal>{}});
    check_steps<0>("one moment", Sequential{Input<1, 3>{}, MultiHeadAttention<1, 1, Causal>{}});
    check_steps<0>("options",
                   Sequential{Input<9, 3>{}, MultiHeadAttention<4, 6, Causal, NoBias, ValueDim<3>,
                                                                OutputDim<5>, KeyValueHeads<2>,
                                                                RotaryHalves<500>>{}});
    check_steps<0>("padding", Sequential{Tokens<9>{}, Embedding<5, 4, MaskZero>{},
                                         MultiHeadAttention<2, 2, Causal>{}});
    check_steps<0>("a constant mask",
                   Sequential{Input<9, 3>{}, MultiHeadAttention<2, 6, Causal, MaskedBy<Recent>,
                                                                Rotary<>>{}});
    check_steps<0>("longer than a tile", Sequential{Input<300, 3>{},
                                                    MultiHeadAttention<3, 20, Causal,
                                                                       KeyValueHeads<1>>{}});
}

TEST_CASE("MultiHeadAttention: moment by moment, several inputs") {
    check_steps<0>("the same thrice", graph<Input<7, 4>>([](auto x) {
                       auto h = x | Dense<3>{};
                       return join(x, h, h) | MultiHeadAttention<2, 3, Causal>{};
                   }));
    check_steps<0>("over a memory", graph<Input<7, 4>, Input<5, 3>>([](auto x, auto memory) {
                       return join(x, memory) | MultiHeadAttention<4, 3, KeyValueHeads<2>>{};
                   }));
    check_steps<0>("memory, value and key",
                   graph<Input<7, 4>, Tokens<5>, Tokens<5>>([](auto x, auto v, auto k) {
                       return join(x, v | Embedding<5, 3, MaskZero>{},
                                   k | Embedding<5, 4, MaskZero>{})
                            | MultiHeadAttention<2, 4, Rotary<>>{};
                   }));
    check_steps<0, 1>("a stepped mask", graph<Input<7, 4>, Input<7, 7>>([](auto x, auto mask) {
                          return join(x, mask) | MultiHeadAttention<2, 4, AdditiveMask, Causal>{};
                      }));
    check_steps<0>("a mask that is there", graph<Input<7, 4>, Input<7, 7>>([](auto x, auto mask) {
                       return join(x, mask) | MultiHeadAttention<2, 4, AdditiveMask, Causal>{};
                   }));
    check_steps<0>("a boolean mask over a memory",
                   graph<Input<7, 4>, Input<5, 3>, Tokens<7, 5>>([](auto x, auto m, auto mask) {
                       return join(x, m, mask) | MultiHeadAttention<2, 4, BooleanMask>{};
                   }),
                   Conditions{.classes = 2});
}
