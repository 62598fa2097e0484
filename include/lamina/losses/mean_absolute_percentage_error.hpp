// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/losses/elementwise.hpp>
#include <lamina/losses/probability.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>

namespace lamina {

/// The mean of 100 |y - t| / max(|t|, 1e-7) over each vector. The slope at y = t is 0.
///
/// Target   as the output; a target near 0 weighs very much
/// Errors   (run time) a target that is not finite
/// Source   keras.losses.MeanAbsolutePercentageError
struct MeanAbsolutePercentageError {
    static constexpr std::string_view name = "mean_absolute_percentage_error";
    static constexpr std::string_view title = "MeanAbsolutePercentageError";
    static constexpr TargetRule rule = TargetRule::number;
    template <class Y>
    using On = ElementwiseLoss<MeanAbsolutePercentageError, Y>;

    template <class V>
    kernels::LossAndSlope<V> operator()(V y, V t) const {
        using T = typename V::value_type;
        V const e = y - t,
                each = V(T(100)) / kernels::max(V(detail::keras_epsilon<T>), kernels::abs(t));
        return {kernels::abs(e) * each,
                kernels::select(e == V(T(0)), V(T(0)), kernels::copysign(each, e))};
    }
};

} // namespace lamina
