// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/losses/elementwise.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>

namespace lamina {

/// The mean of (y - t)^2 over each vector. In a metric's place: its running mean.
///
/// Target   as the output
/// Errors   (run time) a target that is not finite
/// Source   keras.losses.MeanSquaredError
struct MeanSquaredError {
    static constexpr std::string_view name = "mean_squared_error", title = "MeanSquaredError";
    static constexpr TargetRule rule = TargetRule::number;
    template <class Y>
    using On = ElementwiseLoss<MeanSquaredError, Y>;

    template <class V>
    kernels::LossAndSlope<V> operator()(V y, V t) const {
        V const e = y - t;
        return {e * e, e + e};
    }
};

LAMINA_LOSS_COMPILED_ONCE(MeanSquaredError);

} // namespace lamina
