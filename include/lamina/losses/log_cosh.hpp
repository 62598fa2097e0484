// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/math.hpp>
#include <lamina/losses/elementwise.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>

namespace lamina {

/// The mean of log(cosh(y - t)) over each vector: half the square near 0, |e| - log 2 far away.
///
/// Target   as the output
/// Errors   (run time) a target that is not finite
/// Source   keras.losses.LogCosh
struct LogCosh {
    static constexpr std::string_view name = "log_cosh", title = "LogCosh";
    static constexpr TargetRule rule = TargetRule::number;
    template <class Y>
    using On = ElementwiseLoss<LogCosh, Y>;

    template <class V>
    kernels::LossAndSlope<V> operator()(V y, V t) const {
        using T = typename V::value_type;
        // With m = e^a - 1: cosh a = 1 + m^2 / (2 (1 + m)), which loses nothing near 0, and
        // tanh a = m (m + 2) / (m (m + 2) + 2). Beyond a = 30 only a - log 2 is left of it.
        V const one(T(1)), two(T(2)), far(T(30)), e = y - t, a = kernels::abs(e);
        V const m = kernels::expm1(kernels::min(far, a)), square = m * (m + two);
        V const near = kernels::log1p(V(T(0.5)) * m * m / (one + m));
        return {kernels::select(a > far, a - V(T(0.6931471805599453)), near),
                kernels::copysign(square / (square + two), e)};
    }
};

} // namespace lamina
