// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/losses/row_loss.hpp>
#include <lamina/losses/target.hpp>

#include <array>
#include <string_view>
#include <type_traits>

namespace lamina {

/// Minus the cosine of the angle between y and t: -1 where they point the same way, 1 where they
/// point apart, 0 where one of them is 0. In a metric's place: the cosine itself, as in Keras.
///
/// Target   as the output
/// Formula  -y.t / (|y| |t|); |y| and |t| are at least 1e-7, as in Keras
/// Errors   (run time) a target that is not finite
/// Source   keras.losses.CosineSimilarity
struct CosineSimilarity {
    static constexpr std::string_view name = "cosine_similarity", title = "CosineSimilarity";
    static constexpr TargetRule rule = TargetRule::number;
    static constexpr double sign_as_metric = -1.0;
    template <class Y>
    using On = RowLoss<CosineSimilarity, Y>;

    auto operator()(auto& row) const {
        using V = typename std::remove_reference_t<decltype(row)>::Batch;
        using T = typename V::value_type;
        V const zero(T(0)), one(T(1)), least(T(1e-14)); // of the squares
        auto const [yt, yy, tt] = row.template sums<3>([](V y, V t) {
            return std::array{y * t, y * y, t * t};
        });
        V const each =
            one / (kernels::sqrt(kernels::max(least, yy)) * kernels::sqrt(kernels::max(least, tt)));
        V const cosine = yt * each;
        if (row.wants_slope) { // below the least length the length is a constant
            V const along = kernels::select(V(yy) > least, cosine / yy, zero);
            row.slope([=](V y, V t, V) { return along * y - each * t; });
        }
        return -cosine;
    }
};

} // namespace lamina
