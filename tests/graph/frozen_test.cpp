// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/graph/frozen.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/graph/shared.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/position_embedding.hpp>

#include <type_traits>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Frozen: no gradient, and the backward pass ends where nothing above is trained") {
    constexpr auto net = graph<Input<4>>([](auto x) {
        auto h = x | frozen(Sequential{Dense<5>{}, Squash{}, Dense<4>{}});
        return h | Dense<3>{} | frozen(Dense<2>{});
    });
    using N = Network<std::remove_const_t<decltype(net)>, double>;
    static_assert(N::table[1].frozen && N::table[2].frozen && N::table[3].frozen);
    static_assert(!N::training.rows[1].backward && !N::training.rows[2].backward
                  && !N::training.rows[3].backward);
    static_assert(N::training.rows[4].backward && !N::table[4].frozen);
    static_assert(N::table[5].frozen && N::training.rows[5].backward);   // it goes through
    check_layer("frozen below and above", net);
    check_layer("all kinds, frozen", graph<Tokens<5>>([](auto t) {
                    return t | frozen(Sequential{Embedding<5, 4, MaskZero>{}, PositionEmbedding{},
                                                 Recurrent<4, Sequences>{}, Attention<>{}})
                         | Dense<3>{};
                }));
    check_layer("frozen behind what is trained", Sequential{Tokens<5>{}, Embedding<5, 4>{},
                frozen(Sequential{PositionEmbedding{}, Recurrent<4, Sequences>{}, Attention<>{}})});
}

TEST_CASE("Frozen: what is tied to a frozen layer, or shares it, is frozen too") {
    constexpr auto net = graph<Tokens<5>>([](auto tokens) {
        auto e = tokens | frozen(Embedding<7, 4>{});
        auto h = e | Dense<4>{};
        return h | tied(e);
    });
    using N = Network<std::remove_const_t<decltype(net)>, float>;
    static_assert(N::table[3].owner == 1 && N::table[3].frozen && N::training.rows[3].backward);
    check_layer("tied to a frozen embedding", net);
    check_layer("a frozen layer shared", graph<Input<4>>([](auto x) {
                    auto h = x | frozen(Dense<4>{});
                    return (h | Squash{} | Dense<4>{} | shared(h));
                }));
}
