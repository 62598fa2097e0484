// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parameters.hpp>
#include <lamina/layers/options.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// LayerNormalizationWith<NoScale>: without gamma, Keras' scale=False.
struct NoScale {};
/// LayerNormalizationWith<NoCenter>: without beta, Keras' center=False.
struct NoCenter {};

namespace detail {

/// Tells files whether there are beta and gamma.
template <class... Options>
void tell_center_and_scale(auto const& out) {
    out("center", !has_option<NoCenter, Options...>);
    out("scale", !has_option<NoScale, Options...>);
}

/// What the normalisations have in common: gamma and beta, one of each for each feature.
template <class In, class... Options>
struct Normalization {
    static_assert((has_option<Options, NoScale, NoCenter> && ...),
                  "A normalization takes the options NoScale and NoCenter.");
    static constexpr bool fits = !In::integer;
    static void otherwise() {
        static_assert(fits, "A normalization takes numbers, not tokens. Put Embedding before it.");
    }
    static constexpr bool scale = !has_option<NoScale, Options...>;
    static constexpr bool center = !has_option<NoCenter, Options...>;

    using Output = In;
    using Gamma = Parameter<"gamma", Shape<In::last>, Ones>;
    using Beta = Parameter<"beta", Shape<In::last>, Zeros>;
    using Parameters =
        std::conditional_t<scale && center, lamina::Parameters<Gamma, Beta>,
                           std::conditional_t<scale, lamina::Parameters<Gamma>,
                                              std::conditional_t<center, lamina::Parameters<Beta>,
                                                                 lamina::Parameters<>>>>;
    static constexpr bool needs_y = false, each_moment = true;

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
        for (std::size_t j = 0; d.beta && j < In::last; ++j) d.beta[j] += sums[j];
        for (std::size_t j = 0; d.gamma && j < In::last; ++j) d.gamma[j] += sums[In::last + j];
    }
};

} // namespace detail
} // namespace lamina
