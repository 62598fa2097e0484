// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parameters.hpp>
#include <lamina/layers/options.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace lamina {

/// LayerNormalizationWith<NoScale>: without gamma, Keras' scale=False.
struct NoScale {};
/// LayerNormalizationWith<NoCenter>: without beta, Keras' center=False.
struct NoCenter {};
/// LayerNormalizationWith<Axes<2>>: over the last two axes together, with a gamma and a beta for
/// each of their numbers. PyTorch's normalized_shape of two numbers, Keras' axis=[-2, -1] (which
/// Keras 3.16 writes to .h5 too, but does not load from there).
template <std::size_t Count>
struct Axes {};

namespace detail {

template <class O>
inline constexpr std::size_t axes_of = 0;
template <std::size_t Count>
inline constexpr std::size_t axes_of<Axes<Count>> = Count;

/// The last Count axes of S.
template <class S, std::size_t Count>
constexpr auto last_axes() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        return Shape<S::dims[S::rank - Count + I]...>{};
    }
    (std::make_index_sequence<Count>{});
}

/// Tells files whether there are beta and gamma.
template <class... Options>
void tell_center_and_scale(auto const& out) {
    out("center", !has_option<NoCenter, Options...>);
    out("scale", !has_option<NoScale, Options...>);
}

/// What the normalisations have in common: gamma and beta, one of each for each feature, or for
/// each number of the last Axes.
template <class In, bool TakesAxes, class... Options>
struct NormalizationOver {
    static constexpr bool known =
        ((has_option<Options, NoScale, NoCenter> || (TakesAxes && axes_of<Options> > 0)) && ...);
    static constexpr std::size_t axes = std::max({std::size_t{1}, axes_of<Options>...});
    static constexpr bool numbers = !In::integer, deep = axes <= In::rank,
                          fits = known && numbers && deep;
    static void otherwise() {
        static_assert(known, "A normalization takes the options NoScale and NoCenter, "
                             "LayerNormalizationWith Axes<N> too.");
        static_assert(numbers, "A normalization takes numbers, not tokens. Put Embedding before "
                               "it.");
        static_assert(!numbers || deep, "LayerNormalizationWith<Axes<N>>: the input has fewer "
                                        "than N axes. Leave Axes out for the last one.");
    }
    using Weights = decltype(last_axes<In, std::min(axes, In::rank)>());
    static constexpr std::size_t features = Weights::size;
    static constexpr bool scale = !has_option<NoScale, Options...>;
    static constexpr bool center = !has_option<NoCenter, Options...>;

    using Output = In;
    using Gamma = Parameter<"gamma", Weights, Ones>;
    using Beta = Parameter<"beta", Weights, Zeros>;
    using Parameters =
        std::conditional_t<scale && center, lamina::Parameters<Gamma, Beta>,
                           std::conditional_t<scale, lamina::Parameters<Gamma>,
                                              std::conditional_t<center, lamina::Parameters<Beta>,
                                                                 lamina::Parameters<>>>>;
    static constexpr bool needs_y = false, each_moment = In::rank == 1 || axes < In::rank;

    template <class T>
    struct Tensors {
        T *gamma, *beta;
    }; // null: there is none
    template <class T, std::size_t N>
    static Tensors<T> split(std::array<T*, N> const& p) {
        Tensors<T> t{};
        if constexpr (scale) t.gamma = p[0];
        if constexpr (center) t.beta = p[N - 1];
        return t;
    }
    /// dbeta += the sum of dy, dgamma += that of dy u: for each feature, as the kernels leave them.
    template <class T, std::size_t N>
    static void add_sums(std::array<T*, N> const& gradients, T const* sums) {
        auto const d = split(gradients);
        for (std::size_t j = 0; d.beta && j < features; ++j) d.beta[j] += sums[j];
        for (std::size_t j = 0; d.gamma && j < features; ++j) d.gamma[j] += sums[features + j];
    }
};
template <class In, class... Options>
using Normalization = NormalizationOver<In, false, Options...>;

} // namespace detail
} // namespace lamina
