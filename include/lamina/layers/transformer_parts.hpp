// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/named.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/layers/add.hpp>
#include <lamina/layers/dropout.hpp>
#include <lamina/layers/feed_forward.hpp>
#include <lamina/layers/layer_normalization.hpp>
#include <lamina/layers/multi_head_attention.hpp>
#include <lamina/layers/options.hpp>
#include <lamina/layers/transformer_options.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina::detail {

template <class O>
inline constexpr bool is_transformer_option =
    is_attention_option<O> || has_option<O, PreNorm, PostNorm, InnerDropout>;

/// The sublayers that the layers of a Transformer are made of, named as PyTorch names them. Options
/// that are attention's go to the attention over itself, and NoBias to all.
template <std::size_t Heads, std::size_t Hidden, class Activation, class... Options>
struct TransformerParts {
    static_assert((is_transformer_option<Options> && ...),
                  "A Transformer layer takes PreNorm, InnerDropout and the options of attention.");
    static constexpr bool pre = has_option<PreNorm, Options...>;

    float dropout, epsilon;
    [[no_unique_address]] Activation activation;

    template <class O>
    using IsOfAttention = std::bool_constant<is_attention_option<O>>;
    template <std::size_t Width>
    struct Attention {
        template <class... O>
        using With = MultiHeadAttention<Heads, Width / Heads, O...>;
    };
    template <std::size_t Width>
    using SelfAttention = WithOptions<Attention<Width>::template With, IsOfAttention, Options...>;
    template <class O>
    using IsNoBias = std::is_same<O, NoBias>;
    template <std::size_t Width>
    using CrossAttention = WithOptions<Attention<Width>::template With, IsNoBias, Options...>;

    template <class O>
    using IsOfNetwork = std::bool_constant<has_option<O, NoBias, InnerDropout>>;
    template <class... O>
    using NetworkWith = FeedForward<Hidden, Activation, O...>;
    using Network = WithOptions<NetworkWith, IsOfNetwork, Options...>;
    struct Inline {
        static constexpr bool nameless = true;
        Network network;
        constexpr auto operator()(AnyNode auto x) const { return network(x); }
    };

    /// Whether x can be cut into heads; says so.
    template <class X>
    static constexpr bool cuts() {
        constexpr bool sequence = X::Output::rank == 2 && !X::Output::integer;
        constexpr bool divides = Heads > 0 && X::Output::last % (Heads + !Heads) == 0;
        static_assert(sequence, "A Transformer layer takes a sequence of vectors. Put Embedding or "
                                "Reshape<Time, Features> before it.");
        static_assert(!sequence || divides,
                      "A Transformer layer cuts its vectors into Heads: their "
                      "width must be a multiple.");
        return sequence && divides;
    }

    /// Attention over itself, and over a memory.
    constexpr auto attend(AnyNode auto h) const {
        using Layer = SelfAttention<width_of<decltype(h)>>;
        return h | named<"self_attn">(Layer{.dropout = dropout});
    }
    constexpr auto attend(AnyNode auto h, AnyNode auto memory) const {
        using Layer = CrossAttention<width_of<decltype(h)>>;
        return join(h, memory) | named<"multihead_attn">(Layer{.dropout = dropout});
    }
    /// The feed-forward network. Its layers stand beside the others.
    constexpr auto feed_forward(AnyNode auto h) const {
        if constexpr (Network::drops_out) return h | Inline{{dropout, activation}};
        else return h | Inline{{.activation = activation}};
    }

    /// x + dropout(f(x)) with the norm that belongs to it.
    template <Name NormName>
    constexpr auto residual(AnyNode auto x, auto const& f) const {
        auto const norm = named<NormName>(lamina::LayerNormalization{.epsilon = epsilon});
        if constexpr (pre) return x + (f(x | norm) | Dropout{.rate = dropout});
        else return (x + (f(x) | Dropout{.rate = dropout})) | norm;
    }
    template <Name NormName>
    constexpr Refused residual(Refused, auto const&) const {
        return {};
    }
};

} // namespace lamina::detail
