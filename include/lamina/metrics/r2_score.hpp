// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/metric.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace lamina {

/// The share of the targets' variance that the outputs explain: 1 - (the sum of (y - t)^2) / (the
/// sum of (t - mean t)^2), the mean over several outputs. Targets that are all alike: 1 where they
/// are met exactly, else 0.
///
/// Source   keras.metrics.R2Score; sklearn.metrics.r2_score
struct R2Score {
    static constexpr std::string_view name = "r2_score";

    template <class Y, class Target>
    struct On {
        static constexpr bool fits = std::is_same_v<Y, Target>;
        static void otherwise() {
            static_assert(fits, "R2Score takes targets of the output's shape.");
        }

        /// One output: sums of w (t - begin), w (t - begin)^2, w (y - t)^2. To begin at the first
        /// target keeps the digits that a mean far from 0 would cost.
        struct Sums {
            double begin = 0, first = 0, second = 0, residual = 0;
        };
        std::array<Sums, Y::last> each{};
        double weights = 0;
        bool begun = false;

        template <class T>
        void update(R2Score const&, View<T const, Y> y, T const* target, T const* weight) {
            for (std::size_t r = 0; r < y.rows(); ++r) {
                double const w = detail::weight_at(weight, r);
                if (w == 0) continue;
                weights += w;
                for (std::size_t j = 0; j < Y::last; ++j) {
                    Sums& s = each[j];
                    double const t = double(target[r * Y::last + j]);
                    double const error = double(y[r * Y::last + j]) - t;
                    if (!begun) s.begin = t;
                    s.first += w * (t - s.begin);
                    s.second += w * (t - s.begin) * (t - s.begin);
                    s.residual += w * error * error;
                }
                begun = true;
            }
        }
        double value() const {
            if (weights <= 0) return 0.0;
            double sum = 0;
            for (Sums const& s : each) {
                double const total = s.second - s.first * s.first / weights;
                sum += total > 0 ? 1 - s.residual / total : (s.residual > 0 ? 0.0 : 1.0);
            }
            return sum / double(Y::last);
        }
    };
};

} // namespace lamina
