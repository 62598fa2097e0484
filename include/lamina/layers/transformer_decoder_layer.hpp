// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/relu.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/layers/options.hpp>
#include <lamina/layers/transformer_parts.hpp>

#include <cstddef>

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
/// Errors      (compile time) an input is no sequence; Features is no multiple of Heads
/// Source      torch.nn.TransformerDecoderLayer with a causal tgt_mask; Vaswani et al. (2017)
template <std::size_t Heads, std::size_t Hidden, class Activation = ReLU, class... Options>
struct TransformerDecoderLayer {
    float dropout = 0.0f, epsilon = 1e-5f;
    [[no_unique_address]] Activation activation{};

    constexpr auto operator()(AnyNode auto x, AnyNode auto memory) const {
        using Parts = detail::TransformerParts<Heads, Hidden, Activation, Options..., Causal>;
        if constexpr (!Parts::template cuts<decltype(x)>()) {
            return Refused{};
        } else {
            Parts const parts{dropout, epsilon, activation};
            auto const a =
                parts.template residual<"norm1">(x, [&](auto h) { return parts.attend(h); });
            auto const b = parts.template residual<"norm2">(
                a, [&](auto h) { return parts.attend(h, memory); });
            return parts.template residual<"norm3">(b,
                                                    [&](auto h) { return parts.feed_forward(h); });
        }
    }
};

} // namespace lamina
