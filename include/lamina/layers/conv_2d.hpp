// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/convolution.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// Convolution of an image with Filters windows of Kernel x Kernel pixels (Size{3, 5}: not square):
/// y[i, j, f] = sum over the window's pixels and the channels of x kernel + bias[f].
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height', Width', Filters>: with Same, Height' is Height / stride, rounded up;
///             else (Height + padding - dilation (Kernel - 1) - 1) / stride + 1
/// Parameters  kernel Shape<Kernel, Kernel, Channels / groups, Filters>  GlorotUniform
///             bias   Shape<Filters>                                     Zeros
/// Options     an activation first: Conv2D<32, 3, ReLU, Same>; Same, Padding<...>, Strides<...>,
///             Dilation<...>, Groups<...>, NoBias, KernelInitializer<...>, BiasInitializer<...>
///             KernelConstraint<...>, BiasConstraint<...>; kernel_l1, kernel_l2: as Dense
/// Errors      (compile time) the input is not an image; the window is larger than it; the groups
///             do not divide channels and filters
/// Source      keras.layers.Conv2D; Dumoulin and Visin (2016), "A guide to convolution arithmetic
///             for deep learning"
/// Example     examples/fashion_mnist.cpp
template <std::size_t Filters, auto Kernel, class... Options>
struct Conv2D {
    static_assert((detail::is_convolution_option<Options> && ...),
                  "Conv2D<Filters, Kernel, ...>: write the activation first, then padding, strides "
                  "and so on.");
    static constexpr auto where = detail::image_windows<Kernel, Options...>();
    static constexpr bool fits = Filters > 0 && where.stands();
    static void otherwise() {
        static_assert(fits,
                      "Conv2D: filters, kernel, strides, dilation and groups are at least 1.");
    }

    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;

    void check() const { detail::check_penalty("Conv2D", kernel_l1, kernel_l2); }
    void config(auto const& out) const {
        out("filters", Filters);
        detail::tell_convolution(where, !detail::has_option<NoBias, Options...>, out);
        detail::tell_penalty(*this, out);
    }

    template <class In>
    struct On : detail::ConvolutionOn<In, Filters, where, Options...> {
        static void otherwise() {
            static_assert(On::shaped,
                          "Conv2D takes an image, Shape<Height, Width, Channels>. Begin "
                          "with Input<28, 28, 1>, or Reshape.");
            static_assert(On::seen, "Conv2D: the window is larger than its input with its padding. "
                                    "Make it smaller, or give Same.");
            static_assert(On::divided, "Conv2D: Groups<N> must divide the input's channels and the "
                                       "filters.");
        }
    };
};

/// Conv2D with an activation: the pair.
template <std::size_t Filters, auto Kernel, class Activation, class... Options>
requires(!detail::is_convolution_option<Activation>) struct Conv2D<Filters, Kernel, Activation,
                                                                   Options...> {
    static_assert((detail::is_convolution_option<Options> && ...),
                  "Conv2D<Filters, Kernel, ReLU, ...> takes one activation; behind it stand "
                  "padding, strides and so on.");
    static constexpr bool nameless = true;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;
    [[no_unique_address]] Activation activation{};
    constexpr auto operator()(AnyNode auto x) const {
        return x | Conv2D<Filters, Kernel, Options...>{kernel_l1, kernel_l2} | activation;
    }
    void write_layers(std::byte*& at) const {
        detail::write(Conv2D<Filters, Kernel, Options...>{kernel_l1, kernel_l2}, at);
        detail::write(activation, at);
    }
};

} // namespace lamina
