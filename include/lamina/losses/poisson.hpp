// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/math.hpp>
#include <lamina/losses/elementwise.hpp>
#include <lamina/losses/probability.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>

namespace lamina {

/// The mean of y - t log(y + 1e-7) over each vector: for counts t and rates y >= 0.
///
/// Output   rates, not negative (Exponential, Softplus, ReLU); a negative one gives NaN
/// Target   as the output
/// Errors   (run time) a target that is negative or not finite
/// Source   keras.losses.Poisson
struct Poisson {
    static constexpr std::string_view name = "poisson", title = "Poisson";
    static constexpr TargetRule rule = TargetRule::not_negative;
    template <class Y>
    using On = ElementwiseLoss<Poisson, Y>;

    template <class V>
    kernels::LossAndSlope<V> operator()(V y, V t) const {
        using T = typename V::value_type;
        V const rate = y + V(detail::keras_epsilon<T>);
        return {y - t * kernels::log(rate), V(T(1)) - t / rate};
    }
};

} // namespace lamina
