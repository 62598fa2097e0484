// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/shape.hpp>
#include <lamina/kernels/row_loss.hpp>
#include <lamina/losses/elementwise.hpp>

#include <cstdint>
#include <type_traits>

namespace lamina {

/// A loss of whole vectors: L bound on outputs of shape Y, with targets as the output or, with
/// `static constexpr bool sparse = true` in L, one class for each vector. L has
///     auto operator()(auto& row) const
/// which gives the loss of the vectors of a row, a batch, and sets its slope: kernels/row_loss.hpp.
template <class L, class Y>
struct RowLoss {
    static constexpr bool sparse = requires { requires L::sparse; };
    static constexpr bool several = requires { requires L::several_classes; };
    static constexpr bool fits = !several || Y::last > 1;
    static void otherwise() { L::template otherwise<fits>(); }
    using Target = std::conditional_t<sparse, IndexPerVector<Y>, Y>;

    /// The sum over the vectors r of weight[r] * loss(r) / total, and its gradient to dy. weight
    /// null: all 1; dy null: not wanted. dy overlaps nothing.
    template <class T>
    static T value(L const& loss, View<T const, Y> y, Element<T const, Target>* target,
                   T const* weight, T* dy, T total) {
        T const scale = detail::share_of(total);
        using E = std::conditional_t<sparse, std::int32_t, T>;
        E const* const t = target;
        return T(double(scale) *
                 kernels::sum_row_losses<Y::last>(y.rows(), y.data, t, weight, scale, dy, loss));
    }
};

} // namespace lamina
