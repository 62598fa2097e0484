// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parameters.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// LayerNormalizationWith<NoScale>: without gamma, Keras' scale=False.
struct NoScale {};
/// LayerNormalizationWith<NoCenter>: without beta, Keras' center=False.
struct NoCenter {};

namespace detail {

/// What the normalisations have in common: gamma and beta, one of each for each feature.
template <class In, class... Options>
struct Normalization {
    static_assert(((std::is_same_v<Options, NoScale> || std::is_same_v<Options, NoCenter>) && ...),
                  "A normalization takes the options NoScale and NoCenter.");
    static constexpr bool fits = !In::integer;
    static void otherwise() {
        static_assert(fits, "A normalization takes numbers, not tokens. Put Embedding before it.");
    }
    static constexpr bool scale = !(std::is_same_v<Options, NoScale> || ...);
    static constexpr bool center = !(std::is_same_v<Options, NoCenter> || ...);

    using Output = In;
    using Gamma = Parameter<"gamma", Shape<In::last>, Ones>;
    using Beta = Parameter<"beta", Shape<In::last>, Zeros>;
    using Parameters = std::conditional_t<
        scale && center, lamina::Parameters<Gamma, Beta>,
        std::conditional_t<scale, lamina::Parameters<Gamma>,
                           std::conditional_t<center, lamina::Parameters<Beta>,
                                              lamina::Parameters<>>>>;
    static constexpr bool needs_y = false, each_moment = true;

    template <class T>
    struct Tensors { T *gamma, *beta; };   // null: there is none
    template <class T, std::size_t N>
    static Tensors<T> split(std::array<T*, N> const& p) {
        Tensors<T> t{};
        if constexpr (scale) t.gamma = p[0];
        if constexpr (center) t.beta = p[N - 1];
        return t;
    }
};

} // namespace detail
} // namespace lamina
