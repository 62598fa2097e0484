// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/named.hpp>
#include <lamina/layers/conv_1d.hpp>
#include <lamina/layers/depthwise_conv_1d.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

namespace detail {

// Of SeparableConv1D's options the window's are those of its first half, the bias' of its second.
template <class Made, class... Options>
struct DepthwiseHalf1D {
    using type = Made;
};
template <auto Kernel, class... Taken, class O, class... Options>
struct DepthwiseHalf1D<DepthwiseConv1D<Kernel, Taken...>, O, Options...>
    : DepthwiseHalf1D<
          std::conditional_t<
              is_depthwise_option<O> && !has_option<O, NoBias> && !is_kind<BiasInitializer, O>,
              DepthwiseConv1D<Kernel, Taken..., O>, DepthwiseConv1D<Kernel, Taken...>>,
          Options...> {};
template <class Made, class... Options>
struct PointwiseHalf1D {
    using type = Made;
};
template <std::size_t Filters, class... Taken, class O, class... Options>
struct PointwiseHalf1D<Conv1D<Filters, 1, Taken...>, O, Options...>
    : PointwiseHalf1D<
          std::conditional_t<places_windows<O> || depth_multiplier<O> != 0,
                             Conv1D<Filters, 1, Taken...>, Conv1D<Filters, 1, Taken..., O>>,
          Options...> {};

} // namespace detail

/// A convolution along time in two steps: each feature by itself with a window of Kernel moments,
/// then all features of each moment together: DepthwiseConv1D<Kernel> and Conv1D<Filters, 1>.
///
/// Input       Shape<Time, Features>
/// Output      Shape<Time', Filters>, Time' as of Conv1D
/// Parameters  depthwise/kernel Shape<Kernel, Features, multiplier>, pointwise/kernel
///             Shape<1, Features multiplier, Filters>, pointwise/bias Shape<Filters>
/// Options     an activation first; DepthMultiplier<N>, Same, Causal, Padding<...>, Strides<N>,
///             Dilation<N>, NoBias, KernelInitializer<...> (of both), BiasInitializer<...>
/// Source      keras.layers.SeparableConv1D
template <std::size_t Filters, auto Kernel, class... Options>
struct SeparableConv1D {
    using Depthwise =
        typename detail::DepthwiseHalf1D<DepthwiseConv1D<Kernel, NoBias>, Options...>::type;
    using Pointwise = typename detail::PointwiseHalf1D<Conv1D<Filters, 1>, Options...>::type;

    constexpr auto operator()(AnyNode auto x) const {
        return x | named<"depthwise">(Depthwise{}) | named<"pointwise">(Pointwise{});
    }
};

} // namespace lamina
