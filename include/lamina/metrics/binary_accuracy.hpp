// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/metric.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

namespace lamina {

/// The share of outputs that are on the right side of the threshold, each by itself: for several
/// labels that may hold together. The threshold is as of Accuracy.
///
/// Source   keras.metrics.BinaryAccuracy
struct BinaryAccuracy {
    std::optional<float> threshold{};

    void check() const { detail::check_threshold("BinaryAccuracy", threshold); }
    static constexpr std::string_view name = "binary_accuracy";

    template <class Y, class Target>
    struct On {
        static constexpr bool fits = std::is_same_v<Y, Target>;
        static void otherwise() {
            static_assert(fits, "BinaryAccuracy takes one target for each output. "
                                "Use Accuracy for classes told by their numbers.");
        }

        double right = 0, weights = 0;

        template <class T>
        void update(BinaryAccuracy const& metric, View<T const, Y> y, T const* target,
                    T const* weight) {
            T const least = T(detail::threshold_of(metric));
            T const* const none = nullptr;
            weights += detail::sum_of_weights(y.rows(), weight) * double(Y::last);
            if (Y::last == 1 || !weight) {
                right += detail::agreement(y.size(), y.data, target, weight, least);
                return;
            }
            for (std::size_t r = 0; r < y.rows(); ++r)
                right += double(weight[r]) * detail::agreement(Y::last, y.data + r * Y::last,
                                                               target + r * Y::last, none, least);
        }
        double value() const { return detail::ratio(right, weights); }
    };
};

} // namespace lamina
