// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/convolution.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// Convolution along time with Filters windows of Kernel moments:
/// y[t, f] = sum over the window's moments and the features of x kernel + bias[f]. Causal: the last
/// moment of a window is the one that comes out, so that nothing looks ahead.
///
/// Input       Shape<Time, Features>
/// Output      Shape<Time', Filters>: with Same and with Causal, Time' is Time / stride,
///             rounded up; else (Time + padding - dilation (Kernel - 1) - 1) / stride + 1
/// Parameters  kernel Shape<Kernel, Features / groups, Filters>  GlorotUniform
///             bias   Shape<Filters>                             Zeros
/// Options     an activation first: Conv1D<32, 3, ReLU, Causal>; Same, Causal, Padding<...>,
///             Strides<N>, Dilation<N>, Groups<...>, NoBias, KernelInitializer<...>,
///             BiasInitializer<...>
///             KernelConstraint<...>, BiasConstraint<...>; kernel_l1, kernel_l2: as Dense
/// Errors      (compile time) the input is not a sequence of vectors; the window is longer than it;
///             the groups do not divide features and filters
/// Source      keras.layers.Conv1D; van den Oord et al. (2016), "WaveNet" (Causal, Dilation)
template <std::size_t Filters, auto Kernel, class... Options>
struct Conv1D {
    static_assert((detail::is_convolution_option<Options> && ...),
                  "Conv1D<Filters, Kernel, ...>: write the activation first, then padding, strides "
                  "and so on.");
    static constexpr auto where = detail::time_windows<Kernel, Options...>();
    static constexpr bool fits = Filters > 0 && where.stands();
    static void otherwise() {
        static_assert(fits,
                      "Conv1D: filters, kernel, strides, dilation and groups are at least 1.");
    }

    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;

    void check() const { detail::check_penalty("Conv1D", kernel_l1, kernel_l2); }
    void config(auto const& out) const {
        out("filters", Filters);
        detail::tell_convolution(where, !detail::has_option<NoBias, Options...>, out);
        detail::tell_penalty(*this, out);
    }

    template <class In>
    struct On : detail::ConvolutionOn<In, Filters, where, Options...> {
        static void otherwise() {
            static_assert(On::shaped,
                          "Conv1D takes a sequence of vectors, Shape<Time, Features>. Put "
                          "Embedding or Reshape before it.");
            static_assert(On::seen, "Conv1D: the window is larger than its input with its padding. "
                                    "Make it smaller, or give Same.");
            static_assert(On::divided, "Conv1D: Groups<N> must divide the input's channels and the "
                                       "filters.");
        }
    };
};

/// Conv1D with an activation: the pair.
template <std::size_t Filters, auto Kernel, class Activation, class... Options>
requires(!detail::is_convolution_option<Activation>) struct Conv1D<Filters, Kernel, Activation,
                                                                   Options...> {
    static_assert((detail::is_convolution_option<Options> && ...),
                  "Conv1D<Filters, Kernel, ReLU, ...> takes one activation; behind it stand "
                  "padding, strides and so on.");
    static constexpr bool nameless = true;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;
    [[no_unique_address]] Activation activation{};
    constexpr auto operator()(AnyNode auto x) const {
        return x | Conv1D<Filters, Kernel, Options...>{kernel_l1, kernel_l2} | activation;
    }
    void write_layers(std::byte*& at) const {
        detail::write(Conv1D<Filters, Kernel, Options...>{kernel_l1, kernel_l2}, at);
        detail::write(activation, at);
    }
};

} // namespace lamina
