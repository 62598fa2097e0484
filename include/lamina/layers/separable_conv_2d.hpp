// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/named.hpp>
#include <lamina/layers/conv_2d.hpp>
#include <lamina/layers/depthwise_conv_2d.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

namespace detail {

// Of SeparableConv2D's options the window's are those of its first half, the bias' of its second.
template <class Made, class... Options>
struct DepthwiseHalf2D {
    using type = Made;
};
template <auto Kernel, class... Taken, class O, class... Options>
struct DepthwiseHalf2D<DepthwiseConv2D<Kernel, Taken...>, O, Options...>
    : DepthwiseHalf2D<
          std::conditional_t<
              is_depthwise_option<O> && !has_option<O, NoBias> && !is_kind<BiasInitializer, O>,
              DepthwiseConv2D<Kernel, Taken..., O>, DepthwiseConv2D<Kernel, Taken...>>,
          Options...> {};
template <class Made, class... Options>
struct PointwiseHalf2D {
    using type = Made;
};
template <std::size_t Filters, class... Taken, class O, class... Options>
struct PointwiseHalf2D<Conv2D<Filters, 1, Taken...>, O, Options...>
    : PointwiseHalf2D<
          std::conditional_t<places_windows<O> || depth_multiplier<O> != 0,
                             Conv2D<Filters, 1, Taken...>, Conv2D<Filters, 1, Taken..., O>>,
          Options...> {};

} // namespace detail

/// A convolution in two steps: each channel by itself with a window of Kernel x Kernel pixels, then
/// all channels of each pixel together: DepthwiseConv2D<Kernel> and Conv2D<Filters, 1>.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height', Width', Filters>, Height' as of Conv2D
/// Parameters  depthwise/kernel Shape<Kernel, Kernel, Channels, multiplier>, pointwise/kernel
///             Shape<1, 1, Channels multiplier, Filters>, pointwise/bias Shape<Filters>
/// Options     an activation first; DepthMultiplier<N>, Same, Padding<...>, Strides<...>,
///             Dilation<...>, NoBias, KernelInitializer<...> (of both), BiasInitializer<...>
/// Source      keras.layers.SeparableConv2D; Chollet (2017), "Xception"
template <std::size_t Filters, auto Kernel, class... Options>
struct SeparableConv2D {
    using Depthwise =
        typename detail::DepthwiseHalf2D<DepthwiseConv2D<Kernel, NoBias>, Options...>::type;
    using Pointwise = typename detail::PointwiseHalf2D<Conv2D<Filters, 1>, Options...>::type;

    constexpr auto operator()(AnyNode auto x) const {
        return x | named<"depthwise">(Depthwise{}) | named<"pointwise">(Pointwise{});
    }
};

} // namespace lamina
