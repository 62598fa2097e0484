// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/relu.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/layers/transformer_parts.hpp>

#include <cstddef>

namespace lamina {

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
///             dropout: behind each sublayer and of the attention weights (PyTorch's is 0.1);
///             epsilon of the norms
/// Errors      (compile time) the input is no sequence; Features is no multiple of Heads
/// Source      torch.nn.TransformerEncoderLayer; Vaswani et al. (2017), section 3
template <std::size_t Heads, std::size_t Hidden, class Activation = ReLU, class... Options>
struct TransformerEncoderLayer {
    float dropout = 0.0f, epsilon = 1e-5f;
    [[no_unique_address]] Activation activation{};

    constexpr auto operator()(AnyNode auto x) const {
        using Parts = detail::TransformerParts<Heads, Hidden, Activation, Options...>;
        if constexpr (!Parts::template cuts<decltype(x)>()) {
            return Refused{};
        } else {
            Parts const parts{dropout, epsilon, activation};
            auto const a =
                parts.template residual<"norm1">(x, [&](auto h) { return parts.attend(h); });
            return parts.template residual<"norm2">(a,
                                                    [&](auto h) { return parts.feed_forward(h); });
        }
    }
};

} // namespace lamina
