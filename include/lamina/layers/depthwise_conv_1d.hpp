// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/depthwise_convolution.hpp>

#include <algorithm>
#include <cstddef>

namespace lamina {

/// Convolution of each feature by itself along time with a window of Kernel moments.
///
/// Input       Shape<Time, Features>
/// Output      Shape<Time', Features multiplier>, Time' as of Conv1D
/// Parameters  kernel Shape<Kernel, Features, multiplier>  GlorotUniform
///             bias   Shape<Features multiplier>           Zeros
/// Options     an activation first; DepthMultiplier<N>, Same, Causal, Padding<...>, Strides<N>,
///             Dilation<N>, NoBias, KernelInitializer<...>, BiasInitializer<...>
///             KernelConstraint<...>, BiasConstraint<...>; kernel_l1, kernel_l2: as Dense
/// Errors      (compile time) the input is not a sequence of vectors; the window is longer than it
/// Source      keras.layers.DepthwiseConv1D
template <auto Kernel, class... Options>
struct DepthwiseConv1D {
    static_assert(
        (detail::is_depthwise_option<Options> && ...),
        "DepthwiseConv1D<Kernel, ...>: write the activation first, then padding, strides and "
        "so on.");
    static constexpr auto where = detail::time_windows<Kernel, Options...>();
    static constexpr bool fits = detail::depthwise_stands<where, Options...>;
    static void otherwise() {
        static_assert(
            fits, "DepthwiseConv1D: kernel, strides, dilation and DepthMultiplier are at least 1.");
    }

    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;

    void check() const { detail::check_penalty("DepthwiseConv1D", kernel_l1, kernel_l2); }
    void config(auto const& out) const {
        out("depth_multiplier", std::max({std::size_t{1}, detail::depth_multiplier<Options>...}));
        detail::tell_convolution(where, !detail::has_option<NoBias, Options...>, out);
        detail::tell_penalty(*this, out);
    }

    template <class In>
    struct On : detail::DepthwiseOn<In, where, Options...> {
        static void otherwise() {
            static_assert(On::shaped,
                          "DepthwiseConv1D takes a sequence of vectors. Put Reshape before it.");
            static_assert(On::seen, "DepthwiseConv1D: the window is larger than its input. Make it "
                                    "smaller, or give Same.");
        }
    };
};

/// DepthwiseConv1D with an activation: the pair.
template <auto Kernel, class Activation, class... Options>
requires(!detail::is_depthwise_option<Activation>) struct DepthwiseConv1D<Kernel, Activation,
                                                                          Options...> {
    static_assert((detail::is_depthwise_option<Options> && ...),
                  "DepthwiseConv1D<Kernel, ReLU, ...> takes one activation; behind it stand "
                  "padding, strides and so on.");
    static constexpr bool nameless = true;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;
    [[no_unique_address]] Activation activation{};
    constexpr auto operator()(AnyNode auto x) const {
        return x | DepthwiseConv1D<Kernel, Options...>{kernel_l1, kernel_l2} | activation;
    }
    void write_layers(std::byte*& at) const {
        detail::write(DepthwiseConv1D<Kernel, Options...>{kernel_l1, kernel_l2}, at);
        detail::write(activation, at);
    }
};

} // namespace lamina
