// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/relu.hpp>
#include <lamina/activations/silu.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/dropout.hpp>
#include <lamina/layers/glu.hpp>
#include <lamina/layers/transformer_options.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

namespace detail {

/// Dense<Units>, with the one of the options that is Dense's.
template <std::size_t Units, class... Options>
using DenseWith =
    std::conditional_t<has_option<NoBias, Options...>, Dense<Units, NoBias>, Dense<Units>>;

/// Stands for the share of a FeedForward that drops nothing out, and takes none.
struct NoInnerDropout {
    constexpr NoInnerDropout() = default;
    template <class Share>
    constexpr NoInnerDropout(Share) {
        static_assert(sizeof(Share) == 0, "FeedForward{.dropout = ...} drops out behind its "
                                          "activation: FeedForward<Hidden, ReLU, InnerDropout>.");
    }
};

} // namespace detail

/// The feed-forward network of a Transformer: two layers for each moment by itself,
/// activation(x linear1) linear2, Hidden wide and as wide as the input again.
///
/// Input       Shape<Time, Features> or Shape<Features>
/// Output      that shape
/// Parameters  those of the Dense layers linear1 and linear2
/// Options     NoBias; InnerDropout: dropout behind the activation, with the share `dropout`
/// Errors      (compile time) as of Dense; a share `dropout` without InnerDropout
/// Source      Vaswani et al. (2017), section 3.3
template <std::size_t Hidden, class Activation = ReLU, class... Options>
struct FeedForward {
    static_assert(
        ((detail::has_option<Options, NoBias, InnerDropout>)&&...),
        "FeedForward<Hidden, Activation, ...> takes the options NoBias and InnerDropout.");
    static constexpr bool drops_out = detail::has_option<InnerDropout, Options...>;
    [[no_unique_address]] std::conditional_t<drops_out, float, detail::NoInnerDropout> dropout{};
    [[no_unique_address]] Activation activation{};

    constexpr auto operator()(AnyNode auto x) const {
        using First = detail::DenseWith<Hidden, Options...>;
        using Second = detail::DenseWith<width_of<decltype(x)>, Options...>;
        auto const h = x | named<"linear1">(First{}) | activation;
        if constexpr (drops_out) return h | Dropout{.rate = dropout} | named<"linear2">(Second{});
        else return h | named<"linear2">(Second{});
    }
};

/// The gated one: (activation(x gate_proj) (x up_proj)) down_proj, the product number by number.
/// With SiLU it is SwiGLU, what Llama has; with Sigmoid the first of the family.
///
/// Input       Shape<Time, Features> or Shape<Features>
/// Output      that shape
/// Parameters  those of the Dense layers gate_proj, up_proj and down_proj
/// Options     NoBias
/// Errors      (compile time) as of Dense
/// Source      Shazeer (2020), "GLU variants improve Transformer"
template <std::size_t Hidden, class Activation = SiLU, class... Options>
struct GatedFeedForward {
    static_assert((detail::has_option<Options, NoBias> && ...),
                  "GatedFeedForward<Hidden, Activation, ...> takes the option NoBias.");
    [[no_unique_address]] Activation activation{};

    constexpr auto operator()(AnyNode auto x) const {
        using Wide = detail::DenseWith<Hidden, Options...>;
        using Back = detail::DenseWith<width_of<decltype(x)>, Options...>;
        auto const gate = x | named<"gate_proj">(Wide{});
        auto const up = x | named<"up_proj">(Wide{});
        return join(up, gate) | GLU<Activation>{activation} | named<"down_proj">(Back{});
    }
};

} // namespace lamina
