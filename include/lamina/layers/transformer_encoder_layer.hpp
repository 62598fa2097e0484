// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/relu.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/layers/add.hpp>
#include <lamina/layers/dropout.hpp>
#include <lamina/layers/feed_forward.hpp>
#include <lamina/layers/layer_normalization.hpp>
#include <lamina/layers/multi_head_attention.hpp>
#include <lamina/layers/transformer_options.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

namespace detail {

template <class O>
inline constexpr bool is_transformer_option =
    is_attention_option<O> || has_option<O, PreNorm, PostNorm, InnerDropout>;

/// What the two layers of a Transformer have in common. Options that are attention's go to the
/// attention over itself, and NoBias to all.
template <std::size_t Heads, std::size_t Hidden, class Activation, class... Options>
struct TransformerParts {
    static_assert((is_transformer_option<Options> && ...),
                  "A Transformer layer takes PreNorm, InnerDropout and the options of attention.");
    static constexpr bool pre = has_option<PreNorm, Options...>;

    template <class O>
    using IsOfAttention = std::bool_constant<is_attention_option<O>>;
    template <std::size_t Width>
    struct Attention {
        template <class... O>
        using With = MultiHeadAttention<Heads, Width / Heads, O...>;
    };
    /// Over itself, and over a memory.
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
    /// Its layers stand beside the others, as in PyTorch.
    struct Inline {
        static constexpr bool nameless = true;
        Network network;
        constexpr auto operator()(AnyNode auto x) const { return network(x); }
    };

    /// Whether x can be cut into heads; says so.
    template <class X>
    static constexpr bool cuts() {
        constexpr bool sequence = X::Output::rank == 2 && !X::Output::integer;
        constexpr bool divides = X::Output::last % Heads == 0;
        static_assert(sequence, "A Transformer layer takes a sequence of vectors. Put Embedding or "
                                "Reshape<Time, Features> before it.");
        static_assert(!sequence || divides,
                      "A Transformer layer cuts its vectors into Heads: their "
                      "width must be a multiple.");
        return sequence && divides;
    }

    /// x + dropout(f(x)) with the norm that belongs to it.
    template <Name NormName>
    static constexpr auto residual(float dropout, float epsilon, AnyNode auto x, auto const& f) {
        auto const norm = named<NormName>(lamina::LayerNormalization{.epsilon = epsilon});
        if constexpr (pre) return x + (f(x | norm) | Dropout{.rate = dropout});
        else return (x + (f(x) | Dropout{.rate = dropout})) | norm;
    }
};

} // namespace detail

/// One layer of a Transformer's encoder: attention over itself and a feed-forward network for each
/// moment, each with a residual sum and a normalisation. With Causal it is the layer of a language
/// model.
///
///     x | TransformerEncoderLayer<8, 2048>{.dropout = 0.1f}
///     x | TransformerEncoderLayer<12, 3072, GELU, PreNorm, Causal>{}
///
/// Input       Shape<Time, Features>, Features a multiple of Heads
/// Output      that shape
/// Parameters  those of self_attn, linear1, linear2, norm1, norm2, as PyTorch calls them
/// Options     PreNorm; PostNorm, which holds without it; InnerDropout; NoBias, of all its layers;
///             of attention Causal, MaskedBy<Rule>, KeyValueHeads<N>, ValueDim<N>, Rotary<>,
///             RotaryHalves<>, KernelInitializer<...>, BiasInitializer<...>
///             dropout: behind each sublayer and of the attention weights; epsilon of the norms
/// Errors      (compile time) the input is no sequence; Features is no multiple of Heads
/// Source      torch.nn.TransformerEncoderLayer; Vaswani et al. (2017), section 3
template <std::size_t Heads, std::size_t Hidden, class Activation = ReLU, class... Options>
struct TransformerEncoderLayer {
    float dropout = 0.0f, epsilon = 1e-5f;
    [[no_unique_address]] Activation activation{};

    constexpr auto operator()(AnyNode auto x) const {
        using X = decltype(x);
        using Parts = detail::TransformerParts<Heads, Hidden, Activation, Options...>;
        if constexpr (!Parts::template cuts<X>()) {
            return Refused{};
        } else {
            auto const attention = [&](auto h) {
                using Self = typename Parts::template SelfAttention<width<X>>;
                return h | named<"self_attn">(Self{.dropout = dropout});
            };
            auto const network = [&](auto h) {
                return h | typename Parts::Inline{{dropout, activation}};
            };
            auto const a = Parts::template residual<"norm1">(dropout, epsilon, x, attention);
            return Parts::template residual<"norm2">(dropout, epsilon, a, network);
        }
    }
};

} // namespace lamina
