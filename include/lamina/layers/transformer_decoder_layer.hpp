// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/relu.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/layers/transformer_encoder_layer.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// One layer of a Transformer's decoder: causal attention over itself, attention to a memory, and a
/// feed-forward network for each moment, each with a residual sum and a normalisation.
///
///     join(x, memory) | TransformerDecoderLayer<8, 2048>{.dropout = 0.1f}
///
/// Input       Shape<Time, Features> and Shape<MemoryTime, MemoryFeatures>; Features a multiple of
///             Heads. Padding of the memory, told by its mask, is not seen.
/// Output      the first input's shape
/// Parameters  those of self_attn, multihead_attn, linear1, linear2, norm1, norm2, norm3
/// Options     as TransformerEncoderLayer; it is Causal without being told
/// Steps       with the memory there at once: Stepper<N, 1>
/// Errors      (compile time) the input is no sequence; Features is no multiple of Heads
/// Source      torch.nn.TransformerDecoderLayer with a causal tgt_mask; Vaswani et al. (2017)
template <std::size_t Heads, std::size_t Hidden, class Activation = ReLU, class... Options>
struct TransformerDecoderLayer {
    float dropout = 0.0f, epsilon = 1e-5f;
    [[no_unique_address]] Activation activation{};

    constexpr auto operator()(AnyNode auto x, AnyNode auto memory) const {
        using X = decltype(x);
        using Parts = detail::TransformerParts<Heads, Hidden, Activation, Options..., Causal>;
        if constexpr (!Parts::template cuts<X>()) {
            return Refused{};
        } else {
            auto const attention = [&](auto h) {
                using Self = typename Parts::template SelfAttention<width<X>>;
                return h | named<"self_attn">(Self{.dropout = dropout});
            };
            auto const look = [&](auto h) {
                using Cross = typename Parts::template CrossAttention<width<X>>;
                return join(h, memory) | named<"multihead_attn">(Cross{.dropout = dropout});
            };
            auto const network = [&](auto h) {
                return h | typename Parts::Inline{{dropout, activation}};
            };
            auto const a = Parts::template residual<"norm1">(dropout, epsilon, x, attention);
            auto const b = Parts::template residual<"norm2">(dropout, epsilon, a, look);
            return Parts::template residual<"norm3">(dropout, epsilon, b, network);
        }
    }
};

} // namespace lamina
