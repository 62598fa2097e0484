// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/metrics/metric.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lamina {

namespace detail {

/// counts[truth * classes + answer] as a table for people.
std::string confusion_text(double const* counts, std::size_t classes,
                           Span<std::string_view const> names);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE std::string confusion_text(double const* counts, std::size_t classes,
                                                       Span<std::string_view const> names) {
    std::size_t const n = classes + 1;
    std::vector<std::string> cells(n * n);
    cells[0] = "true \\ predicted";
    for (std::size_t c = 0; c < classes; ++c)
        cells[c + 1] = cells[(c + 1) * n] = c < names.size() ? std::string(names[c]) : message({c});
    for (std::size_t t = 0; t < classes; ++t)
        for (std::size_t a = 0; a < classes; ++a)
            cells[(t + 1) * n + a + 1] = message({counts[t * classes + a]});
    std::string table;
    for (std::size_t i = 0; i < n * n; ++i) {
        std::size_t width = 0;
        for (std::size_t row = 0; row < n; ++row)
            width = std::max(width, cells[row * n + i % n].size());
        std::string const gap(width - cells[i].size(), ' ');
        if (i % n == 0) table += cells[i] + gap;
        else table += "  " + gap + cells[i];
        if (i % n == classes) table += '\n';
    }
    return table;
}

#endif

} // namespace detail

/// How much an answer of class a counts as wrong where the truth is class t, in Confusion::kappa().
enum class Disagreement {
    equal,    ///< 1 of all that are not the same
    linear,   ///< |a - t|
    quadratic ///< (a - t)^2
};

/// How often (by weight) class `truth` was answered with class `answer`: confusion(truth, answer).
template <std::size_t Classes>
struct Confusion {
    static constexpr std::size_t classes = Classes;
    std::array<std::array<double, Classes>, Classes> counts{}; // rows: the truth

    double operator()(std::size_t truth, std::size_t answer) const { return counts[truth][answer]; }

    double actual(std::size_t c) const {
        double sum = 0;
        for (double n : counts[c]) sum += n;
        return sum;
    }
    double predicted(std::size_t c) const {
        double sum = 0;
        for (auto const& row : counts) sum += row[c];
        return sum;
    }
    double total() const {
        double sum = 0;
        for (std::size_t c = 0; c < Classes; ++c) sum += actual(c);
        return sum;
    }

    double accuracy() const {
        double right = 0;
        for (std::size_t c = 0; c < Classes; ++c) right += counts[c][c];
        return detail::ratio(right, total());
    }
    // Of one class; 0 where it is 0 / 0.
    double precision(std::size_t c) const { return detail::ratio(counts[c][c], predicted(c)); }
    double recall(std::size_t c) const { return detail::ratio(counts[c][c], actual(c)); }
    double f1(std::size_t c) const {
        return detail::ratio(2 * counts[c][c], predicted(c) + actual(c));
    }
    double iou(std::size_t c) const { // intersection over union
        return detail::ratio(counts[c][c], predicted(c) + actual(c) - counts[c][c]);
    }

    /// Matthews' correlation of truth and answer, -1 to 1; 0 where one of them is always the same.
    /// Source: Gorodkin (2004); sklearn.metrics.matthews_corrcoef
    double matthews() const {
        double const n = total();
        double right = 0, both = 0, answers = 0, truths = 0;
        for (std::size_t c = 0; c < Classes; ++c) {
            right += counts[c][c];
            both += actual(c) * predicted(c);
            answers += predicted(c) * predicted(c);
            truths += actual(c) * actual(c);
        }
        double const scale = std::sqrt(n * n - answers) * std::sqrt(n * n - truths);
        return scale > 0 ? (right * n - both) / scale : 0.0;
    }

    /// Cohen's kappa: 1 less the disagreement of truth and answer over what it would be if they
    /// were drawn each for itself; 0 where that is 0.
    /// Source: Cohen (1960), (1968); sklearn.metrics.cohen_kappa_score
    double kappa(Disagreement how = Disagreement::equal) const {
        double is = 0, by_chance = 0;
        for (std::size_t t = 0; t < Classes; ++t)
            for (std::size_t a = 0; a < Classes; ++a) {
                if (a == t) continue;
                double const apart = a > t ? double(a - t) : double(t - a);
                double const much = how == Disagreement::equal    ? 1.0
                                    : how == Disagreement::linear ? apart
                                                                  : apart * apart;
                is += much * counts[t][a];
                by_chance += much * actual(t) * predicted(a);
            }
        return by_chance > 0 ? 1 - is * total() / by_chance : 0.0;
    }

    /// A table for people: a row for each true class, a column for each answer. Classes without a
    /// name are called by their number.
    std::string text(std::initializer_list<std::string_view> names = {}) const {
        return detail::confusion_text(counts[0].data(), Classes, {names.begin(), names.size()});
    }
    std::string text(std::vector<std::string> const& names) const {
        std::vector<std::string_view> const views(names.begin(), names.end());
        return detail::confusion_text(counts[0].data(), Classes, views);
    }
};

/// Which classes are taken for which. One output: no (0) and yes (1), by a threshold as of
/// Accuracy. value() is a Confusion, whose text() is for people.
///
/// Source   sklearn.metrics.confusion_matrix: rows are the truth
struct ConfusionMatrix {
    std::optional<float> threshold{};

    void check() const { detail::check_threshold("ConfusionMatrix", threshold); }
    static constexpr std::string_view name = "confusion_matrix";

    template <class Y, class Target>
    struct On {
        static constexpr std::size_t classes = Y::last == 1 ? 2 : Y::last;
        static constexpr bool fits = detail::same_rows<Y, Target> && classes <= 256;
        static void otherwise() {
            static_assert(fits, "ConfusionMatrix takes up to 256 classes, and one target for each "
                                "output vector.");
        }

        Confusion<classes> confusion{};

        template <class T>
        void update(ConfusionMatrix const& metric, View<T const, Y> y,
                    Element<T const, Target>* target, T const* weight) {
            for (std::size_t r = 0; r < y.rows(); ++r) {
                std::size_t truth, answer;
                if constexpr (Y::last == 1) {
                    answer = y[r] > T(detail::threshold_of(metric)) ? 1 : 0;
                    truth = double(target[r]) > 0.5 ? 1 : 0;
                } else {
                    answer = detail::largest<Y::last>(y.data + r * Y::last);
                    truth = detail::truth<Y, Target>(target, r);
                }
                if (truth < classes) // a class that there is not: weight 0
                    confusion.counts[truth][answer] += detail::weight_at(weight, r);
            }
        }
        Confusion<classes> value() const { return confusion; }
    };
};

} // namespace lamina
