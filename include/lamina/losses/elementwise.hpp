// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/shape.hpp>
#include <lamina/kernels/loss.hpp>

#include <cstddef>

namespace lamina {

namespace detail {

/// One over what a sum of losses is divided by. Nothing counts: nothing is lost, and nothing
/// learnt.
template <class T>
constexpr T share_of(T total) {
    return total > T(0) ? T(1) / total : T(0);
}

} // namespace detail

/// A loss that is the mean, over each vector, of f(y, target): L bound on outputs of shape Y. L has
///     template <class V> kernels::LossAndSlope<V> operator()(V y, V target) const
/// on batches of numbers; with `static constexpr bool sums = true` it is the sum over each vector.
template <class L, class Y>
struct ElementwiseLoss {
    static constexpr bool fits = true;
    static void otherwise() {}
    using Target = Y;

    /// The sum over the vectors r of weight[r] * loss(r) / total, and its gradient to dy. weight
    /// null: all 1; dy null: not wanted. dy overlaps nothing.
    template <class T>
    static T value(L const& loss, View<T const, Y> y, T const* target, T const* weight, T* dy,
                   T total) {
        T scale = detail::share_of(total);
        if constexpr (!requires { requires L::sums; }) scale /= T(Y::last);
        return T(double(scale) *
                 kernels::sum_losses(y.rows(), Y::last, y.data, target, weight, scale, dy, loss));
    }
};

} // namespace lamina
