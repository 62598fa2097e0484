// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/numbers.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace lamina::detail {

/// Calls f(hits, alarms) for each group of equal scores, from the highest down: how many of the
/// group are labelled 1, and how many not. Gives the sums of both. A score that is NaN has no
/// place.
struct Labelled {
    double positives = 0, negatives = 0;
};

template <class F>
Labelled walk_ranking(char const* where, auto const& scores, auto const& labels, F&& f) {
    std::size_t const n = std::size_t(scores.size());
    if (n != std::size_t(labels.size()))
        refuse(where, {Counted{std::size_t(labels.size()), "label"}, " for ", Counted{n, "score"},
                       ". Give a label, 0 or 1, for each score."});
    auto const* const score = numbers_of(scores, where);
    auto const* const label = numbers_of(labels, where);
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i) {
        if (is_nan(score[i]))
            fail(Error::Kind::data, {where},
                 {"score ", i, " is NaN. Give scores that can be compared."});
        order[i] = i;
    }
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return score[a] > score[b]; });
    Labelled all;
    for (std::size_t i = 0; i < n;) {
        auto const its = score[order[i]];
        Labelled group;
        for (; i < n && score[order[i]] == its; ++i)
            (double(label[order[i]]) > 0.5 ? group.positives : group.negatives) += 1;
        f(group.positives, group.negatives);
        all.positives += group.positives;
        all.negatives += group.negatives;
    }
    return all;
}

} // namespace lamina::detail
