// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/math.hpp>
#include <lamina/losses/elementwise.hpp>
#include <lamina/losses/probability.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>

namespace lamina {

/// The mean of (log(y + 1) - log(t + 1))^2 over each vector: twice too much weighs as half, of
/// prices as of populations. y below 1e-7 counts as 1e-7, and has no slope there.
///
/// Output   numbers that are not negative (ReLU, Softplus, Exponential); a negative one learns
///          nothing
/// Target   as the output
/// Errors   (run time) a target that is negative or not finite; Keras takes a negative one for 0
/// Source   keras.losses.MeanSquaredLogarithmicError
struct MeanSquaredLogarithmicError {
    static constexpr std::string_view name = "mean_squared_logarithmic_error";
    static constexpr std::string_view title = "MeanSquaredLogarithmicError";
    static constexpr TargetRule rule = TargetRule::not_negative;
    template <class Y>
    using On = ElementwiseLoss<MeanSquaredLogarithmicError, Y>;

    template <class V>
    kernels::LossAndSlope<V> operator()(V y, V t) const {
        using T = typename V::value_type;
        V const least(detail::keras_epsilon<T>), one(T(1));
        // operands in this order: a NaN of y stays one
        V const of_y = kernels::max(least, y) + one, of_t = kernels::max(least, t) + one;
        V const e = kernels::log(of_y) - kernels::log(of_t);
        return {e * e, kernels::select(y < least, V(T(0)), V(T(2)) * e / of_y)};
    }
};

} // namespace lamina
