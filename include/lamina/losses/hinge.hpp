// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/losses/elementwise.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>

namespace lamina {

/// The mean of max(1 - t y, 0) over each vector, for labels -1 and 1; the label 0 counts as -1.
///
/// Output   any number (Linear or Tanh)
/// Target   as the output
/// Errors   (run time) a target that is not -1, 0 or 1
/// Source   keras.losses.Hinge
struct Hinge {
    static constexpr std::string_view name = "hinge", title = "Hinge";
    static constexpr TargetRule rule = TargetRule::sign;
    static constexpr float yes_above = 0.0f; // a metric's threshold, if it has none
    template <class Y>
    using On = ElementwiseLoss<Hinge, Y>;

    template <class V>
    kernels::LossAndSlope<V> operator()(V y, V t) const {
        using T = typename V::value_type;
        V const zero(T(0)), one(T(1)), sign = kernels::select(t == zero, -one, t);
        V const gap = one - sign * y;
        return {kernels::max(zero, gap), kernels::select(gap > zero, -sign, zero)};
    }
};

} // namespace lamina
