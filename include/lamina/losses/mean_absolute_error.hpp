// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/losses/elementwise.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>

namespace lamina {

/// The mean of |y - t| over each vector. The slope at y = t is 0. In a metric's place: its running
/// mean.
///
/// Target   as the output
/// Errors   (run time) a target that is not finite
/// Source   keras.losses.MeanAbsoluteError
struct MeanAbsoluteError {
    static constexpr std::string_view name = "mean_absolute_error", title = "MeanAbsoluteError";
    static constexpr TargetRule rule = TargetRule::number;
    template <class Y>
    using On = ElementwiseLoss<MeanAbsoluteError, Y>;

    template <class V>
    kernels::LossAndSlope<V> operator()(V y, V t) const {
        using T = typename V::value_type;
        V const e = y - t;
        return {kernels::abs(e),
                kernels::select(e == V(T(0)), V(T(0)), kernels::copysign(V(T(1)), e))};
    }
};

} // namespace lamina
