// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/depthwise_convolution.hpp>

#include <type_traits>

/// Which half of a separable convolution an option is for: the window's are the depthwise half's,
/// the bias' and the activation the pointwise half's, and KernelInitializer and KernelConstraint
/// hold in both.
namespace lamina::detail {

template <class O>
using IsOfDepthwiseHalf =
    std::bool_constant<is_depthwise_option<O> && !has_option<O, NoBias> &&
                       !is_kind<BiasInitializer, O> && !is_kind<BiasConstraint, O>>;
template <class O>
using IsOfPointwiseHalf = std::bool_constant<!places_windows<O> && !is_depth_multiplier<O>>;

} // namespace lamina::detail
