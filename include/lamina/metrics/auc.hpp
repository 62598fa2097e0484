// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/metrics/metric.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

namespace lamina {

/// The curve below which AUC measures.
enum class Curve {
    roc, ///< true positives over false positives
    pr   ///< precision over recall
};

/// The area under a curve of the answers at Thresholds thresholds evenly spread over [0, 1]: a
/// running approximation of what roc_auc() and average_precision() compute exactly. Several outputs
/// count together, each as a yes or no of its own.
///
/// Output   probabilities, or logits
/// Options  from_logits: outputs are logits, of which Sigmoid makes probabilities
///          one_choice: of one choice between several classes, of which Softmax makes them
///          If unsaid, as the model's loss takes its outputs.
/// Source   keras.metrics.AUC (summation_method='interpolation'), where from_logits has to be said
///          and always means Sigmoid; Davis and Goadrich (2006) for PR
template <std::size_t Thresholds>
struct AUCWith {
    static_assert(Thresholds > 2, "AUCWith<Thresholds> needs at least 3 thresholds.");
    Curve curve = Curve::roc;
    std::optional<bool> from_logits{}, one_choice{};

    static constexpr std::string_view name = "auc";

    template <class Y, class Target>
    struct On {
        static constexpr bool fits = detail::same_rows<Y, Target>;
        static void otherwise() {
            static_assert(fits, "AUC takes one target for each output vector.");
        }

        /// How much weight lies above threshold i but not above the next.
        std::array<double, Thresholds> positive{}, negative{};
        Curve curve = Curve::roc;

        template <class T>
        void update(AUCWith const& metric, View<T const, Y> y, Element<T const, Target>* target,
                    T const* weight) {
            curve = metric.curve;
            if (!metric.from_logits.value_or(false)) {
                count(y.data, 0, y.size(), target, weight);
                return;
            }
            bool const choice = Y::last > 1 && metric.one_choice.value_or(false);
            std::size_t const part = choice ? Y::last : y.size(); // what a sum goes over
            std::array<T, 64> p;
            for (std::size_t from = 0; from < y.size(); from += part) {
                T const* const z = y.data + from;
                T top{0}, sum{0};
                if (choice) top = *std::max_element(z, z + part);
                for (std::size_t j = 0; choice && j < part; ++j) sum += std::exp(z[j] - top);
                for (std::size_t j = 0; j < part; j += p.size()) {
                    std::size_t const n = std::min(p.size(), part - j);
                    auto const softmax = [top, sum](auto v) {
                        using V = decltype(v);
                        return kernels::exp(v - V(top)) / V(sum);
                    };
                    auto const sigmoid = [](auto v) { return kernels::sigmoid(v); };
                    if (choice) kernels::map(n, p.data(), softmax, z + j);
                    else kernels::map(n, p.data(), sigmoid, z + j);
                    count(p.data(), from + j, n, target, weight);
                }
            }
        }
        /// n probabilities, of the outputs from the first-th on.
        template <class T>
        void count(T const* p, std::size_t first, std::size_t n, Element<T const, Target>* target,
                   T const* weight) {
            for (std::size_t k = 0; k < n; ++k) {
                std::size_t const i = first + k, r = i / Y::last;
                bool truth;
                if constexpr (!Target::integer) truth = target[i] > T(0.5);
                else if constexpr (Y::last == 1) truth = target[r] > 0;
                else truth = std::size_t(target[r]) == i % Y::last;
                // thresholds: below 0, i / (n - 1), above 1
                double const at = std::ceil(double(p[k]) * double(Thresholds - 1)) - 1;
                double const last = double(Thresholds - 2);
                auto const bucket = std::size_t(at > 0 ? (at < last ? at : last) : 0.0);
                (truth ? positive : negative)[bucket] += detail::weight_at(weight, r);
            }
        }

        /// 0 as long as there is no positive target, and for ROC no negative one.
        double value() const {
            double positives = 0, negatives = 0;
            for (std::size_t i = 0; i < Thresholds; ++i) {
                positives += positive[i];
                negatives += negative[i];
            }
            if (positives <= 0 || (curve == Curve::roc && negatives <= 0)) return 0.0;
            double area = 0, hits = 0, alarms = 0; // above the threshold, from the highest down
            for (std::size_t i = Thresholds; i-- > 0;) {
                double const more = positive[i], wrong = negative[i];
                if (curve == Curve::roc) {
                    area += wrong * (hits + more / 2);
                } else if (more > 0) {
                    // precision is (hits + more s) / (p + (more + wrong) s) between the two, s in
                    // [0, 1]
                    double const slope = more / (more + wrong), p = hits + alarms;
                    double const start = hits - slope * p, next = p + more + wrong;
                    area += slope * (more + (p > 0 ? start * std::log(next / p) : 0.0));
                }
                hits += more;
                alarms += wrong;
            }
            return curve == Curve::roc ? area / (positives * negatives) : area / positives;
        }
    };
};
/// AUC{}, AUC{.curve = Curve::pr}, AUC{.from_logits = true}
using AUC = AUCWith<200>;

} // namespace lamina
