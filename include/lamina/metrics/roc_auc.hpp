// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/metrics/ranking.hpp>

namespace lamina {

/// The exact area under the ROC curve: the chance that a positive has a higher score than a
/// negative, ties counting half. Scores and labels (0 or 1) are whatever has data() and size().
/// Sorts: takes n log n steps and n numbers of memory.
///
/// Errors   sizes that differ; a score that is NaN; labels of one kind only
/// Source   sklearn.metrics.roc_auc_score; Fawcett (2006)
double roc_auc(auto const& scores, auto const& labels) {
    double area = 0, before = 0; // positives with a higher score
    auto const all =
        detail::walk_ranking("roc_auc", scores, labels, [&](double hits, double alarms) {
            area += alarms * (before + hits / 2);
            before += hits;
        });
    if (all.positives <= 0 || all.negatives <= 0)
        detail::fail(Error::Kind::data, {"roc_auc"},
                     {"all labels are the same. The area needs labels of both kinds."});
    return area / (all.positives * all.negatives);
}

} // namespace lamina
