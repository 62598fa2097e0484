// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/fusion.hpp>

#include <type_traits>

namespace lamina {

struct Linear;
struct LogSoftmax;
struct Sigmoid;
struct Softmax;

/// What the numbers of an output mean, as far as its layer tells: a loss that needs one meaning
/// does not stand on another. A layer of your own may say it with `static constexpr Meaning
/// meaning`.
enum class Meaning {
    unknown,           ///< nothing is known: every loss may stand on it
    number,            ///< any number: no activation, or one that gives no probabilities
    probability,       ///< each a probability of its own: Sigmoid
    distribution,      ///< the probabilities of one choice: Softmax
    log_distribution   ///< their logarithms: LogSoftmax
};

/// The meaning of the outputs of Layer, bound as Bound.
template <class Layer, class Bound>
constexpr Meaning meaning_of() {
    if constexpr (requires { Layer::meaning; }) return Layer::meaning;
    else if constexpr (std::is_same_v<Layer, Sigmoid>) return Meaning::probability;
    else if constexpr (std::is_same_v<Layer, Softmax>) return Meaning::distribution;
    else if constexpr (std::is_same_v<Layer, LogSoftmax>) return Meaning::log_distribution;
    else if constexpr (std::is_same_v<Layer, Linear>) return Meaning::number;
    else if constexpr (requires { requires Bound::takes_epilogue; }) return Meaning::number;
    else return Meaning::unknown;
}

namespace detail {

// A loss may declare `template <Meaning M> struct After`, with `fits` and `otherwise()` as in On.
template <class Loss, Meaning M>
constexpr bool comes_after() {
    if constexpr (requires { typename Loss::template After<M>; })
        return Loss::template After<M>::fits;
    else return true;
}

} // namespace detail

/// Whether Loss may stand on the output N, a node of the graph: its shape and its meaning fit.
template <class Loss, class N>
constexpr bool loss_fits() {
    return Loss::template On<typename N::Output>::fits
           && detail::comes_after<Loss, meaning_of<typename N::Layer, typename N::Bound>()>();
}
/// Says, at compile time and once, why it may not.
template <class Loss, class N>
constexpr void refuse_loss() {
    constexpr Meaning meaning = meaning_of<typename N::Layer, typename N::Bound>();
    using On = typename Loss::template On<typename N::Output>;
    if constexpr (!detail::comes_after<Loss, meaning>()) Loss::template After<meaning>::otherwise();
    else if constexpr (!On::fits) On::otherwise();
}

} // namespace lamina
