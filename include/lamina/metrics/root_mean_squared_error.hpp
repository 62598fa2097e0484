// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/metrics/metric.hpp>

#include <cmath>
#include <string_view>
#include <type_traits>

namespace lamina {

/// The root of the mean of (y - t)^2 over all outputs so far.
///
/// Source   keras.metrics.RootMeanSquaredError
struct RootMeanSquaredError {
    static constexpr std::string_view name = "root_mean_squared_error";

    template <class Y, class Target>
    struct On {
        static constexpr bool fits = std::is_same_v<Y, Target>;
        static void otherwise() {
            static_assert(fits, "RootMeanSquaredError takes targets of the output's shape.");
        }

        RunningLoss<MeanSquaredError, Y, Y> square{};

        template <class T>
        void update(RootMeanSquaredError const&, View<T const, Y> y, T const* target,
                    T const* weight) {
            square.update(MeanSquaredError{}, y, target, weight);
        }
        double value() const { return std::sqrt(square.value()); }
    };
};

} // namespace lamina
