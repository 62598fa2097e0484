// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/losses/row_loss.hpp>
#include <lamina/losses/target.hpp>

#include <array>
#include <string_view>
#include <type_traits>

namespace lamina {

/// How far the best wrong class comes near the right one: max(0, 1 + largest (1 - t) y - sum of t
/// y).
///
/// Output   any numbers, one for each class
/// Target   as the output: 1 for the class, 0 for the others
/// Errors   (compile time) a single class
///          (run time) a target that is not from 0 to 1
/// Source   keras.losses.CategoricalHinge
struct CategoricalHinge {
    static constexpr std::string_view name = "categorical_hinge", title = "CategoricalHinge";
    static constexpr TargetRule rule = TargetRule::probability;
    static constexpr bool several_classes = true;
    template <class Y>
    using On = RowLoss<CategoricalHinge, Y>;
    template <bool Fits>
    static void otherwise() {
        static_assert(Fits, "CategoricalHinge takes several classes. Use Hinge for one output.");
    }

    auto operator()(auto& row) const {
        using V = typename std::remove_reference_t<decltype(row)>::Batch;
        using T = typename V::value_type;
        V const zero(T(0)), one(T(1));
        V const wrong = row.largest([=](V y, V t) { return (one - t) * y; });
        auto const sums = row.template keep<2>([=](V y, V t) {
            return std::array{kernels::select((one - t) * y == wrong, one, zero), t * y};
        });
        V const gap = one + wrong - sums[1];
        if (row.wants_slope) { // classes that are the best wrong one together share its slope
            V const share = one / sums[0];
            row.slope([=](V, V t, V is_best) {
                return kernels::select(gap > zero, is_best * share * (one - t) - t, zero);
            });
        }
        return kernels::max(zero, gap);
    }
};

} // namespace lamina
