// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/metrics/metric.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// How Precision, Recall, F1Score and MeanIoU become one number for several classes.
enum class Averaging {
    macro,   ///< the mean over the classes that appear in the targets or the answers
    micro,   ///< of all classes' counts together
    weighted ///< the mean weighted by how often each class appears in the targets
};

namespace detail {

/// How much (by weight) is answered yes and is yes, is answered so, and is so: of one output each.
struct YesCounts {
    double hit = 0, predicted = 0, actual = 0;
};
template <class T, class E>
[[gnu::noinline]] void count_yes(YesCounts& to, std::size_t n, T const* y, E const* target,
                                 T const* weight, T least) {
    for (std::size_t r = 0; r < n; ++r) {
        double const w = weight_at(weight, r);
        bool const truth = target[r] > (std::is_integral_v<E> ? E(0) : E(0.5)),
                   answer = y[r] > least;
        to.predicted += answer ? w : 0.0;
        to.actual += truth ? w : 0.0;
        to.hit += answer && truth ? w : 0.0;
    }
}
#ifdef LAMINA_SOURCE
template void count_yes(YesCounts&, std::size_t, float const*, float const*, float const*, float);
#elif !LAMINA_BODIES
extern template void count_yes(YesCounts&, std::size_t, float const*, float const*, float const*,
                               float);
#endif

} // namespace detail

/// The running counts that Precision, Recall, F1Score and MeanIoU are made of: M bound on outputs
/// of shape Y. M::of(hit, predicted, actual) is the metric of one class.
template <class M, class Y, class Target>
struct CountsOn {
    static constexpr bool fits = detail::same_rows<Y, Target>;
    static void otherwise() {
        static_assert(fits, "Precision, Recall, F1Score and MeanIoU take one target for each "
                            "output vector.");
    }
    static constexpr std::size_t classes = Y::last; // 1: the class "yes"

    std::array<double, classes> hit{}, predicted{}, actual{};
    Averaging average = Averaging::macro;

    template <class T>
    void update(M const& metric, View<T const, Y> y, Element<T const, Target>* target,
                T const* weight) {
        average = metric.average;
        T const least = T(detail::threshold_of(metric));
        if constexpr (classes == 1) {
            detail::YesCounts counts{hit[0], predicted[0], actual[0]};
            detail::count_yes(counts, y.rows(), y.data, target, weight, least);
            hit[0] = counts.hit, predicted[0] = counts.predicted, actual[0] = counts.actual;
            return;
        }
        for (std::size_t r = 0; r < y.rows(); ++r) {
            double const w = detail::weight_at(weight, r);
            T const* const row = y.data + r * classes;
            if constexpr (classes > 1) {
                if (!metric.multi_label.value_or(false)) {
                    std::size_t const answer = detail::largest<classes>(row);
                    std::size_t const truth = detail::truth<Y, Target>(target, r);
                    if (truth >= classes) continue; // a class that there is not counts for nothing
                    predicted[answer] += w;
                    actual[truth] += w;
                    if (answer == truth) hit[truth] += w;
                    continue;
                }
            }
            for (std::size_t j = 0; j < classes; ++j) {
                bool truth;
                if constexpr (Target::integer)
                    truth = classes > 1 ? std::size_t(target[r]) == j : target[r] > 0;
                else truth = target[r * classes + j] > T(0.5);
                bool const answer = row[j] > least;
                predicted[j] += answer ? w : 0.0;
                actual[j] += truth ? w : 0.0;
                hit[j] += answer && truth ? w : 0.0;
            }
        }
    }

    /// The metric of class j alone; 0 where it is 0 / 0.
    double of(std::size_t j) const { return M::of(hit[j], predicted[j], actual[j]); }

    double value() const {
        double hits = 0, answers = 0, truths = 0, sum = 0, weighted = 0, seen = 0;
        for (std::size_t j = 0; j < classes; ++j) {
            hits += hit[j];
            answers += predicted[j];
            truths += actual[j];
            sum += of(j);
            weighted += actual[j] * of(j);
            seen += predicted[j] + actual[j] > 0 ? 1.0 : 0.0;
        }
        switch (average) {
        case Averaging::micro:
            return M::of(hits, answers, truths);
        case Averaging::weighted:
            return detail::ratio(weighted, truths);
        default:
            return detail::ratio(sum, seen);
        }
    }
};

} // namespace lamina
