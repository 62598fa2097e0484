// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/convolution_transpose.hpp>
#include <lamina/layers/plane.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// A convolution turned round: each pixel puts its window of Kernel x Kernel pixels on the image
/// that comes out, Strides apart; where windows meet, they add up. Makes images larger.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height', Width', Filters>: with Same, Height' is Height stride; else
///             Height stride + max(reach - stride, 0), or with Padding<...> or OutputPadding<n>, be
///             they 0, (Height - 1) stride + reach - padding + n; reach = dilation (Kernel - 1) +
///             1. Same and OutputPadding<n>: (Height - 1) stride + reach % 2 + n
/// Parameters  kernel Shape<Kernel, Kernel, Filters / groups, Channels>  GlorotUniform
///             bias   Shape<Filters>                                     Zeros
/// Options     an activation first; Same, Padding<...>, OutputPadding<...>, Strides<...>,
///             Dilation<...>, Groups<...>, NoBias, KernelInitializer<...>, BiasInitializer<...>
///             KernelConstraint<...>, BiasConstraint<...>; kernel_l1, kernel_l2: as Dense
/// Errors      (compile time) the input is not an image; the groups do not divide channels and
///             filters; the padding leaves nothing
/// Source      keras.layers.Conv2DTranspose; torch.nn.ConvTranspose2d; Zeiler et al. (2010),
///             "Deconvolutional networks"
template <std::size_t Filters, auto Kernel, class... Options>
struct Conv2DTranspose {
    static_assert(
        (detail::is_transpose_option<Options> && ...),
        "Conv2DTranspose<Filters, Kernel, ...>: write the activation first, then padding, "
        "strides and so on.");
    static constexpr auto where = detail::image_windows<Kernel, Options...>();
    static constexpr bool fits = Filters > 0 && where.stands();
    static void otherwise() {
        static_assert(
            fits, "Conv2DTranspose: filters, kernel, strides, dilation and groups are at least 1.");
    }

    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;

    void check() const { detail::check_penalty("Conv2DTranspose", kernel_l1, kernel_l2); }
    void config(auto const& out) const {
        out("filters", Filters);
        detail::tell_output_padding<Options...>(where, out);
        detail::tell_convolution(where, !detail::has_option<NoBias, Options...>, out);
        detail::tell_penalty(*this, out);
    }

    template <class In>
    struct On : detail::TransposeOn<In, Filters, where, Options...> {
        static void otherwise() {
            static_assert(On::shaped,
                          "Conv2DTranspose takes an image, Shape<Height, Width, Channels>. "
                          "Put Reshape before it.");
            static_assert(On::made,
                          "Conv2DTranspose: Groups<N> must divide channels and filters, and the "
                          "padding must leave something.");
        }
    };
};

/// Conv2DTranspose with an activation: the pair.
template <std::size_t Filters, auto Kernel, class Activation, class... Options>
requires(!detail::is_transpose_option<Activation>) struct Conv2DTranspose<Filters, Kernel,
                                                                          Activation, Options...> {
    static_assert((detail::is_transpose_option<Options> && ...),
                  "Conv2DTranspose<Filters, Kernel, ReLU, ...> takes one activation; behind it "
                  "stand padding, strides and so on.");
    static constexpr bool nameless = true;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;
    [[no_unique_address]] Activation activation{};
    constexpr auto operator()(AnyNode auto x) const {
        return x | Conv2DTranspose<Filters, Kernel, Options...>{kernel_l1, kernel_l2} | activation;
    }
    void write_layers(std::byte*& at) const {
        detail::write(Conv2DTranspose<Filters, Kernel, Options...>{kernel_l1, kernel_l2}, at);
        detail::write(activation, at);
    }
};

} // namespace lamina
