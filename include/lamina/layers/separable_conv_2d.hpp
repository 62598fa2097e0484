// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/named.hpp>
#include <lamina/layers/conv_2d.hpp>
#include <lamina/layers/depthwise_conv_2d.hpp>
#include <lamina/layers/options.hpp>
#include <lamina/layers/separable_convolution.hpp>

#include <cstddef>

namespace lamina {

/// A convolution in two steps: each channel by itself with a window of Kernel x Kernel pixels, then
/// all channels of each pixel together: DepthwiseConv2D<Kernel> and Conv2D<Filters, 1>.
///
/// Input       Shape<Height, Width, Channels>
/// Output      Shape<Height', Width', Filters>, Height' as of Conv2D
/// Parameters  depthwise/kernel Shape<Kernel, Kernel, Channels, multiplier>   GlorotUniform
///             pointwise/kernel Shape<1, 1, Channels multiplier, Filters>     GlorotUniform
///             pointwise/bias   Shape<Filters>                                Zeros
/// Options     an activation first; DepthMultiplier<N>, Same, Padding<...>, Strides<...>,
///             Dilation<...>, NoBias, KernelInitializer<...> (of both), BiasInitializer<...>
///             KernelConstraint<...> (of both), BiasConstraint<...>; kernel_l1, kernel_l2: as
///             Dense, of both kernels
/// Errors      (compile time) as of DepthwiseConv2D
/// Source      keras.layers.SeparableConv2D; Chollet (2017), "Xception"
template <std::size_t Filters, auto Kernel, class... Options>
struct SeparableConv2D {
    template <class... O>
    using DepthwiseWith = DepthwiseConv2D<Kernel, NoBias, O...>;
    template <class... O>
    using PointwiseWith = Conv2D<Filters, 1, O...>;
    using Depthwise = detail::WithOptions<DepthwiseWith, detail::IsOfDepthwiseHalf, Options...>;
    using Pointwise = detail::WithOptions<PointwiseWith, detail::IsOfPointwiseHalf, Options...>;

    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;

    constexpr auto operator()(AnyNode auto x) const {
        return x | named<"depthwise">(Depthwise{kernel_l1, kernel_l2}) |
               named<"pointwise">(Pointwise{kernel_l1, kernel_l2});
    }
};

} // namespace lamina
