// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/metrics/auc.hpp>
#include <lamina/metrics/metric.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <type_traits>

/// What PrecisionAtRecall and its kin have in common.
namespace lamina::detail {

/// How much (by weight) is answered yes at one threshold, rightly and wrongly, and how much no.
struct ThresholdCounts {
    double hits = 0, alarms = 0, misses = 0, rejections = 0;

    double precision() const { return ratio(hits, hits + alarms); }
    double recall() const { return ratio(hits, hits + misses); }
    double specificity() const { return ratio(rejections, rejections + alarms); }
};

/// M bound on outputs of shape Y: the largest M::best(counts) at a threshold where M::bound(counts)
/// is at least what the metric asks for; 0 where no threshold gives as much. The thresholds are
/// Keras': k / 199 for k from 0 to 199.
template <class M, class Y, class Target>
struct AtThresholdOn : AUC::On<Y, Target> {
    using Curves = AUC::On<Y, Target>;
    static void otherwise() {
        static_assert(Curves::fits, "PrecisionAtRecall and its kin take one target for each output "
                                    "vector.");
    }
    double least = 0;

    template <class T>
    void update(M const& metric, View<T const, Y> y, Element<T const, Target>* target,
                T const* weight) {
        least = metric.least();
        Curves::update(AUC{.from_logits = metric.from_logits, .one_choice = metric.one_choice}, y,
                       target, weight);
    }
    double value() const {
        ThresholdCounts c; // above all thresholds: every answer is no
        for (double const n : this->positive) c.misses += n;
        for (double const n : this->negative) c.rejections += n;
        double best = 0;
        for (std::size_t k = this->positive.size(); k-- > 0;) {
            c.hits += this->positive[k], c.misses -= this->positive[k];
            c.alarms += this->negative[k], c.rejections -= this->negative[k];
            if (M::bound(c) >= least) best = std::max(best, M::best(c));
        }
        return best;
    }
};

} // namespace lamina::detail
