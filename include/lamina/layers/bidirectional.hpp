// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/leaves.hpp>
#include <lamina/core/refused.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/layers/add.hpp>
#include <lamina/layers/average.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/multiply.hpp>
#include <lamina/layers/recurrent.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace lamina {

/// How Bidirectional puts its two outputs together, in place of side by side: their sum, their
/// product, their average. Keras' merge_mode.
struct Sum {};
struct Mul {};
struct Ave {};

namespace detail {

template <class Merge>
struct Merger {
    static_assert(std::is_same_v<Merge, Concatenate>,
                  "Bidirectional<Layer, Merge> takes Sum, Mul or Ave; without, the outputs stand "
                  "side by side.");
    using type = Concatenate;
};
template <>
struct Merger<Sum> {
    using type = Add;
};
template <>
struct Merger<Mul> {
    using type = Multiply;
};
template <>
struct Merger<Ave> {
    using type = Average;
};

} // namespace detail

/// A recurrent layer twice, from the first moment to the last and from the last to the first, each
/// with its own parameters: Bidirectional<LSTM<32, ReturnSequences>>. Their outputs stand side by
/// side; with Sum, Mul or Ave behind the layer they are put together so. With ReturnSequences both
/// are in the order of the input, and zeros come out of masked moments, as in Keras.
///
/// The way back may be another layer, of other units or another kind: Bidirectional{LSTM<32>{},
/// GRU<16>{}}, Keras' backward_layer (which must have as many units there). It need not say
/// GoBackwards.
///
/// Input       what the layer takes; states as join(x, forward's..., backward's...)
/// Output      Shape<2 Units> or Shape<Time, 2 Units>, of two layers their units' sum; with Sum,
///             Mul, Ave that of the layer
/// Mask        travels on behind ReturnSequences; Keras 3.16 drops it, though its compute_mask does
///             not
/// Parameters  the layer's, twice: in `forward` and in `backward`
/// Options     those of the layers: Bidirectional{GRU<32>{.dropout = 0.2f}}
/// Errors      (compile time) what is no recurrent layer; the first goes backwards; one of two has
///             ReturnSequences, the other has not; with Sum, Mul, Ave two of other units
/// Source      keras.layers.Bidirectional; Schuster and Paliwal (1997), "Bidirectional recurrent
///             neural networks"
template <class Layer, class Merge = Concatenate, class BackwardLayer = Layer>
struct Bidirectional {
    Layer layer{};
    BackwardLayer backward_layer{};
    constexpr Bidirectional() = default;
    constexpr Bidirectional(Layer l) requires(std::is_same_v<Layer, BackwardLayer>)
        : layer(l), backward_layer(l) {}
    constexpr Bidirectional(Layer l, BackwardLayer b) : layer(l), backward_layer(b) {}

    static constexpr bool fits = detail::fits_of<Layer>() && detail::fits_of<BackwardLayer>();
    static void otherwise() {
        if constexpr (!detail::fits_of<Layer>()) Layer::otherwise();
        else BackwardLayer::otherwise();
    }

    constexpr auto operator()(AnyNode auto x, AnyNode auto... states) const {
        constexpr bool recurrent = requires(Layer const& l, BackwardLayer const& b) {
            l.template with<>();
            b.template with<>();
        };
        static_assert(recurrent,
                      "Bidirectional takes SimpleRNN, LSTM or GRU, without ReturnState.");
        if constexpr (recurrent) {
            using X = typename decltype(x)::Output;
            constexpr std::size_t forwards = Layer::template On<X>::states,
                                  backwards = BackwardLayer::template On<X>::states;
            constexpr bool both =
                               sizeof...(states) == 0 || sizeof...(states) == forwards + backwards,
                           alike = Layer::template On<X>::sequences ==
                                   BackwardLayer::template On<X>::sequences;
            constexpr bool one_way = !Layer::template On<X>::backwards;
            static_assert(one_way, "Bidirectional: its first layer goes forwards. Leave "
                                   "GoBackwards out.");
            static_assert(both, "Bidirectional takes the states of both directions, or none.");
            static_assert(alike, "Bidirectional: give ReturnSequences to both layers, or to "
                                 "neither.");
            if constexpr (both && alike && one_way) {
                constexpr std::size_t first = sizeof...(states) > 0 ? forwards : 0;
                return merged<first, sizeof...(states) - first>(
                    x, detail::LeavesOf<decltype(states)...>{{states}...});
            } else return Refused{};
        } else return Refused{};
    }

private:
    template <std::size_t Forwards, std::size_t Backwards>
    constexpr auto merged(auto x, auto const& states) const {
        auto const forward = named<"forward">(layer.template with<detail::ZeroMasked>());
        auto const backward = named<"backward">(
            backward_layer.template with<GoBackwards, detail::InOrder, detail::ZeroMasked>());
        auto const a = half<0>(states, x, forward, std::make_index_sequence<Forwards>{});
        auto const b = half<Forwards>(states, x, backward, std::make_index_sequence<Backwards>{});
        return join(a, b) | typename detail::Merger<Merge>::type{};
    }
    template <std::size_t From, std::size_t... I>
    static constexpr auto half(auto const& states, auto x, auto const& its,
                               std::index_sequence<I...>) {
        return join(x, detail::leaf<From + I>(states)...) | its;
    }
};
template <class Layer>
Bidirectional(Layer) -> Bidirectional<Layer>;
template <class Layer, class BackwardLayer>
Bidirectional(Layer, BackwardLayer) -> Bidirectional<Layer, Concatenate, BackwardLayer>;

} // namespace lamina
