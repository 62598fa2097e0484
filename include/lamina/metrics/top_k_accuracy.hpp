// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/metric.hpp>

#include <cstddef>
#include <string_view>

namespace lamina {

/// The share of vectors whose class is among the K largest outputs. What ties with the K-th is
/// among them, as in Keras; an output that is NaN is not.
///
/// Source   keras.metrics.TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy
template <std::size_t K>
struct TopKAccuracy {
    static constexpr std::string_view name = "top_k_categorical_accuracy";

    template <class Y, class Target>
    struct On {
        static constexpr bool fits = detail::same_rows<Y, Target> && K > 0 && K < Y::last;
        static void otherwise() {
            static_assert(fits, "TopKAccuracy<K> takes more than K classes, and one target for "
                                "each output vector.");
        }

        double right = 0, weights = 0;

        template <class T>
        void update(TopKAccuracy const&, View<T const, Y> y, Element<T const, Target>* target,
                    T const* weight) {
            weights += detail::sum_of_weights(y.rows(), weight);
            for (std::size_t r = 0; r < y.rows(); ++r) {
                T const* const row = y.data + r * Y::last;
                std::size_t const its = detail::truth<Y, Target>(target, r);
                if (its >= Y::last) continue; // a class that there is not: weight 0
                std::size_t not_larger = 0;
                for (std::size_t j = 0; j < Y::last; ++j) not_larger += row[j] <= row[its];
                right += not_larger + K > Y::last ? detail::weight_at(weight, r) : 0.0;
            }
        }
        double value() const { return detail::ratio(right, weights); }
    };
};

} // namespace lamina
