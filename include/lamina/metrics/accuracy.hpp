// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/metric.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace lamina {

/// The share of right answers. One output: right if both it and the target are above or both below
/// the threshold (for the target: 1/2). That is 1/2 if it is not said, but 0 in a model whose loss
/// takes logits or is a hinge (Keras' stays 1/2). Several outputs: right if the largest is the
/// class that the target says, by its number or by its own largest. For several independent labels
/// see BinaryAccuracy.
///
/// Source   keras.metrics.Accuracy as the word "accuracy" is resolved by compile(): BinaryAccuracy,
///          CategoricalAccuracy, SparseCategoricalAccuracy
struct Accuracy {
    std::optional<float> threshold{};

    void check() const { detail::check_threshold("Accuracy", threshold); }
    static constexpr std::string_view name = "accuracy";

    template <class Y, class Target>
    struct On {
        static constexpr bool fits = detail::same_rows<Y, Target>;
        static void otherwise() {
            static_assert(fits, "Accuracy takes one target for each output vector.");
        }

        double right = 0, weights = 0;

        template <class T>
        void update(Accuracy const& metric, View<T const, Y> y, Element<T const, Target>* target,
                    T const* weight) {
            std::size_t const rows = y.rows();
            weights += detail::sum_of_weights(rows, weight);
            if constexpr (Y::last == 1 && !Target::integer) {
                right += detail::agreement(rows, y.data, target, weight,
                                           T(detail::threshold_of(metric)));
            } else {
                for (std::size_t r = 0; r < rows; ++r) {
                    bool hit;
                    if constexpr (Y::last == 1)
                        hit = (y[r] > T(detail::threshold_of(metric))) == (target[r] > 0);
                    else
                        hit = detail::largest<Y::last>(y.data + r * Y::last) ==
                              detail::truth<Y, Target>(target, r);
                    right += hit ? detail::weight_at(weight, r) : 0.0;
                }
            }
        }
        double value() const { return detail::ratio(right, weights); }
    };
};

} // namespace lamina
