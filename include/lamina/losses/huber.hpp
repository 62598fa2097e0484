// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/losses/elementwise.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>

namespace lamina {

/// Squared near 0, absolute far away: the mean over each vector of e^2 / 2 where |e| <= delta, and
/// delta |e| - delta^2 / 2 elsewhere, e = y - t.
///
/// Target   as the output
/// Errors   (run time) a target that is not finite; delta is not above 0
/// Source   keras.losses.Huber; Huber (1964)
struct Huber {
    float delta = 1.0f;

    void check() const { detail::Check{"Huber"}.positive("delta", delta); }

    static constexpr std::string_view name = "huber_loss", title = "Huber";
    static constexpr TargetRule rule = TargetRule::number;
    template <class Y>
    using On = ElementwiseLoss<Huber, Y>;

    template <class V>
    kernels::LossAndSlope<V> operator()(V y, V t) const {
        using T = typename V::value_type;
        V const d = V(T(delta)), e = y - t, size = kernels::abs(e), near = kernels::min(d, size);
        return {near * (size - V(T(0.5)) * near), kernels::copysign(near, e)};
    }
};

} // namespace lamina
