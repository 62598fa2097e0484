// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/depthwise_convolution.hpp>

#include <algorithm>
#include <cstddef>

namespace lamina {

/// Convolution of each channel by itself with a window of Kernel x Kernel pixels.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height', Width', Channels multiplier>, Height' as of Conv2D
/// Parameters  kernel Shape<Kernel, Kernel, Channels, multiplier>  GlorotUniform
///             bias   Shape<Channels multiplier>                   Zeros
/// Options     an activation first; DepthMultiplier<N>, Same, Padding<...>, Strides<...>,
///             Dilation<...>, NoBias, KernelInitializer<...>, BiasInitializer<...>
///             KernelConstraint<...>, BiasConstraint<...>; kernel_l1, kernel_l2: as Dense
/// Errors      (compile time) the input is not an image; the window is larger than it
/// Source      keras.layers.DepthwiseConv2D; Howard et al. (2017), "MobileNets"
template <auto Kernel, class... Options>
struct DepthwiseConv2D {
    static_assert(
        (detail::is_depthwise_option<Options> && ...),
        "DepthwiseConv2D<Kernel, ...>: write the activation first, then padding, strides and "
        "so on.");
    static constexpr auto where = detail::image_windows<Kernel, Options...>();
    static constexpr bool fits = detail::depthwise_stands<where, Options...>;
    static void otherwise() {
        static_assert(
            fits, "DepthwiseConv2D: kernel, strides, dilation and DepthMultiplier are at least 1.");
    }

    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;

    void check() const { detail::check_penalty("DepthwiseConv2D", kernel_l1, kernel_l2); }
    void config(auto const& out) const {
        out("depth_multiplier", std::max({std::size_t{1}, detail::depth_multiplier<Options>...}));
        detail::tell_convolution(where, !detail::has_option<NoBias, Options...>, out);
        detail::tell_penalty(*this, out);
    }

    template <class In>
    struct On : detail::DepthwiseOn<In, where, Options...> {
        static void otherwise() {
            static_assert(On::shaped,
                          "DepthwiseConv2D takes an image, Shape<Height, Width, Channels>. "
                          "Put Reshape before it.");
            static_assert(On::seen, "DepthwiseConv2D: the window is larger than its input. Make it "
                                    "smaller, or give Same.");
        }
    };
};

/// DepthwiseConv2D with an activation: the pair.
template <auto Kernel, class Activation, class... Options>
requires(!detail::is_depthwise_option<Activation>) struct DepthwiseConv2D<Kernel, Activation,
                                                                          Options...> {
    static_assert((detail::is_depthwise_option<Options> && ...),
                  "DepthwiseConv2D<Kernel, ReLU, ...> takes one activation; behind it stand "
                  "padding, strides and so on.");
    static constexpr bool nameless = true;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;
    [[no_unique_address]] Activation activation{};
    constexpr auto operator()(AnyNode auto x) const {
        return x | DepthwiseConv2D<Kernel, Options...>{kernel_l1, kernel_l2} | activation;
    }
    void write_layers(std::byte*& at) const {
        detail::write(DepthwiseConv2D<Kernel, Options...>{kernel_l1, kernel_l2}, at);
        detail::write(activation, at);
    }
};

} // namespace lamina
