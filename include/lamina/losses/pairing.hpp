// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/fusion.hpp>

#include <type_traits>

namespace lamina {

struct CELU;
struct ELU;
struct Exponential;
struct GELU;
struct GELUTanh;
struct HardSigmoid;
struct HardSwish;
struct LeakyReLU;
struct Linear;
struct LogSoftmax;
struct Mish;
struct PReLU;
struct ReLU;
struct ReLU6;
struct SELU;
struct SiLU;
struct Sigmoid;
struct Softmax;
struct Softplus;
struct Softsign;
struct Tanh;

/// What the numbers of an output mean, as far as its layer tells: a loss that needs one meaning
/// does not stand on another. A layer of your own may say it with `static constexpr Meaning
/// meaning`.
enum class Meaning {
    unknown,         ///< nothing is known: every loss may stand on it
    number,          ///< any number: no activation, or one that gives no probabilities
    probability,     ///< each a probability of its own: Sigmoid, HardSigmoid
    distribution,    ///< the probabilities of one choice: Softmax
    log_distribution ///< their logarithms: LogSoftmax
};

namespace detail {

template <class Layer, class... These>
inline constexpr bool is_any_of = (std::is_same_v<Layer, These> || ...);

/// The activations that may leave [0, 1], or that nobody reads as a probability.
template <class Layer>
inline constexpr bool gives_numbers =
    is_any_of<Layer, CELU, ELU, Exponential, GELU, GELUTanh, HardSwish, LeakyReLU, Linear, Mish,
              PReLU, ReLU, ReLU6, SELU, SiLU, Softplus, Softsign, Tanh>;

} // namespace detail

/// The meaning of the outputs of Layer, bound as Bound.
template <class Layer, class Bound>
constexpr Meaning meaning_of() {
    if constexpr (requires { Layer::meaning; }) return Layer::meaning;
    else if constexpr (detail::is_any_of<Layer, Sigmoid, HardSigmoid>) return Meaning::probability;
    else if constexpr (std::is_same_v<Layer, Softmax>) return Meaning::distribution;
    else if constexpr (std::is_same_v<Layer, LogSoftmax>) return Meaning::log_distribution;
    else if constexpr (detail::gives_numbers<Layer>) return Meaning::number;
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
    return Loss::template On<typename N::Output>::fits &&
           detail::comes_after<Loss, meaning_of<typename N::Layer, typename N::Bound>()>();
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
