// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/named.hpp>
#include <lamina/layers/conv_1d.hpp>
#include <lamina/layers/depthwise_conv_1d.hpp>
#include <lamina/layers/options.hpp>
#include <lamina/layers/separable_convolution.hpp>

#include <cstddef>

namespace lamina {

/// A convolution along time in two steps: each feature by itself with a window of Kernel moments,
/// then all features of each moment together: DepthwiseConv1D<Kernel> and Conv1D<Filters, 1>.
///
/// Input       Shape<Time, Features>
/// Output      Shape<Time', Filters>, Time' as of Conv1D
/// Parameters  depthwise/kernel Shape<Kernel, Features, multiplier>      GlorotUniform
///             pointwise/kernel Shape<1, Features multiplier, Filters>   GlorotUniform
///             pointwise/bias   Shape<Filters>                           Zeros
/// Options     an activation first; DepthMultiplier<N>, Same, Causal, Padding<...>, Strides<N>,
///             Dilation<N>, NoBias, KernelInitializer<...> (of both), BiasInitializer<...>
///             KernelConstraint<...> (of both), BiasConstraint<...>; kernel_l1, kernel_l2: as
///             Dense, of both kernels
/// Errors      (compile time) as of DepthwiseConv1D
/// Source      keras.layers.SeparableConv1D
template <std::size_t Filters, auto Kernel, class... Options>
struct SeparableConv1D {
    template <class... O>
    using DepthwiseWith = DepthwiseConv1D<Kernel, NoBias, O...>;
    template <class... O>
    using PointwiseWith = Conv1D<Filters, 1, O...>;
    using Depthwise = detail::WithOptions<DepthwiseWith, detail::IsOfDepthwiseHalf, Options...>;
    using Pointwise = detail::WithOptions<PointwiseWith, detail::IsOfPointwiseHalf, Options...>;

    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;

    constexpr auto operator()(AnyNode auto x) const {
        return x | named<"depthwise">(Depthwise{kernel_l1, kernel_l2}) |
               named<"pointwise">(Pointwise{kernel_l1, kernel_l2});
    }
};

} // namespace lamina
