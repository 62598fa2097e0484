// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/metrics/ranking.hpp>

namespace lamina {

/// The exact area under the steps of the precision-recall curve: the mean precision at the
/// positives, equal scores taken together. Scores and labels (0 or 1) are whatever has data() and
/// size(). Sorts: takes n log n steps and n numbers of memory.
///
/// Errors   sizes that differ; a score that is NaN; no label 1
/// Source   sklearn.metrics.average_precision_score
double average_precision(auto const& scores, auto const& labels) {
    double area = 0, hits = 0, taken = 0;
    auto const all =
        detail::walk_ranking("average_precision", scores, labels, [&](double more, double alarms) {
            hits += more;
            taken += more + alarms;
            area += more * hits / taken;
        });
    if (all.positives <= 0)
        detail::fail(Error::Kind::data, {"average_precision"},
                     {"no label is 1. The precision needs positives."});
    return area / all.positives;
}

} // namespace lamina
