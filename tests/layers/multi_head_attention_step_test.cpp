// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/multi_head_attention.hpp>

#include "support/check_layer.hpp"
#include "support/check_steps.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>

#include <cstddef>
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

TEST_CASE("MultiHeadAttention: over a memory that is large enough for several threads") {
    auto const over_memory = graph<Input<2, 16>, Input<80, 256>>([](auto x, auto memory) {
        return join(x, memory) | MultiHeadAttention<4, 66, Rotary<>>{};
    });
    using N = Network<std::remove_const_t<decltype(over_memory)>, float>;
    Weights<N> const weights(over_memory, 5);
    std::vector<float> x(16), memory(80 * 256);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = Random{1}.uniform(i) - 0.5f;
    for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = Random{2}.uniform(i) - 0.5f;
    auto const first = [&](Threads* threads) {
        Stepper<N, 0> step(weights, 1, threads);
        step.start(memory.data());
        float const* const y = step(x.data());
        return std::vector<float>(y, y + x.size());
    };
    auto const alone = first(nullptr);
    for (std::size_t const count : {2u, 3u}) {
        Threads threads(count);
        CHECK(first(&threads) == alone);
    }
}
