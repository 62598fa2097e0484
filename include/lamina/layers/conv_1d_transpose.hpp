// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/convolution_transpose.hpp>
#include <lamina/layers/plane.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// A convolution along time turned round: each moment puts its window of Kernel moments on the
/// sequence that comes out, Strides apart; where windows meet, they add up.
///
/// Input       Shape<Time, Features>
/// Output      Shape<Time', Filters>: with Same, Time' is Time stride; else
///             Time stride + max(reach - stride, 0), or with Padding<...> or OutputPadding<n>, be
///             they 0, (Time - 1) stride + reach - padding + n; reach = dilation (Kernel - 1) + 1.
///             Same and OutputPadding<n>: (Time - 1) stride + reach % 2 + n
/// Parameters  kernel Shape<Kernel, Filters / groups, Features>  GlorotUniform
///             bias   Shape<Filters>                             Zeros
/// Options     as Conv2DTranspose
/// Errors      (compile time) the input is not a sequence of vectors; the groups do not divide
///             features and filters; the padding leaves nothing
/// Source      keras.layers.Conv1DTranspose; torch.nn.ConvTranspose1d
template <std::size_t Filters, auto Kernel, class... Options>
struct Conv1DTranspose {
    static_assert(
        (detail::is_transpose_option<Options> && ...),
        "Conv1DTranspose<Filters, Kernel, ...>: write the activation first, then padding, "
        "strides and so on.");
    static constexpr auto where = detail::time_windows<Kernel, Options...>();
    static constexpr bool fits = Filters > 0 && where.stands();
    static void otherwise() {
        static_assert(
            fits, "Conv1DTranspose: filters, kernel, strides, dilation and groups are at least 1.");
    }

    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;

    void check() const { detail::check_penalty("Conv1DTranspose", kernel_l1, kernel_l2); }
    void config(auto const& out) const {
        out("filters", Filters);
        detail::tell_output_padding<Options...>(where, out);
        detail::tell_convolution(where, !detail::has_option<NoBias, Options...>, out);
        detail::tell_penalty(*this, out);
    }

    template <class In>
    struct On : detail::TransposeOn<In, Filters, where, Options...> {
        static void otherwise() {
            static_assert(On::shaped, "Conv1DTranspose takes a sequence of vectors, Shape<Time, "
                                      "Features>. Put Reshape before it.");
            static_assert(On::made,
                          "Conv1DTranspose: Groups<N> must divide channels and filters, and the "
                          "padding must leave something.");
        }
    };
};

/// Conv1DTranspose with an activation: the pair.
template <std::size_t Filters, auto Kernel, class Activation, class... Options>
requires(!detail::is_transpose_option<Activation>) struct Conv1DTranspose<Filters, Kernel,
                                                                          Activation, Options...> {
    static_assert((detail::is_transpose_option<Options> && ...),
                  "Conv1DTranspose<Filters, Kernel, ReLU, ...> takes one activation; behind it "
                  "stand padding, strides and so on.");
    static constexpr bool nameless = true;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;
    [[no_unique_address]] Activation activation{};
    constexpr auto operator()(AnyNode auto x) const {
        return x | Conv1DTranspose<Filters, Kernel, Options...>{kernel_l1, kernel_l2} | activation;
    }
    void write_layers(std::byte*& at) const {
        detail::write(Conv1DTranspose<Filters, Kernel, Options...>{kernel_l1, kernel_l2}, at);
        detail::write(activation, at);
    }
};

} // namespace lamina
