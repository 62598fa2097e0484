// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/fusion.hpp>
#include <lamina/losses/crossentropy.hpp>
#include <lamina/losses/focal.hpp>
#include <lamina/losses/pairing.hpp>
#include <lamina/losses/probability.hpp>
#include <lamina/losses/row_loss.hpp>
#include <lamina/losses/target.hpp>

#include <array>
#include <limits>
#include <string_view>
#include <type_traits>

namespace lamina {

/// CategoricalFocalCrossentropy of softmax(z), computed from the logits z. Chosen by itself where
/// the network ends in Softmax.
///
/// Output   Shape<..., Classes>: logits
/// Target   as the output: a distribution over the classes
/// Formula  as CategoricalFocalCrossentropy; infinities as in CategoricalCrossentropyFromLogits
/// Errors   (compile time) a single class; the output gives probabilities
///          (run time) a target that is not from 0 to 1
/// Source   keras.losses.CategoricalFocalCrossentropy(from_logits=True)
struct CategoricalFocalCrossentropyFromLogits {
    float alpha = 0.25f, gamma = 2.0f, label_smoothing = 0.0f;

    void check() const {
        detail::Check{"CategoricalFocalCrossentropyFromLogits"}
            .not_negative("alpha", alpha)
            .finite("gamma", gamma)
            .share("label_smoothing", label_smoothing);
    }

    static constexpr std::string_view name = "categorical_focal_crossentropy";
    static constexpr std::string_view title = "CategoricalFocalCrossentropyFromLogits";
    static constexpr TargetRule rule = TargetRule::probability;
    static constexpr bool several_classes = true;
    static constexpr bool one_choice = true; // of these logits Softmax makes probabilities
    template <class Y>
    using On = RowLoss<CategoricalFocalCrossentropyFromLogits, Y>;
    template <bool Fits>
    static void otherwise() {
        static_assert(Fits, "CategoricalFocalCrossentropyFromLogits takes several classes. "
                            "Use BinaryFocalCrossentropyFromLogits.");
    }
    template <Meaning M>
    struct After {
        static constexpr bool fits = M != Meaning::probability && M != Meaning::distribution;
        static void otherwise() {
            static_assert(fits, "CategoricalFocalCrossentropyFromLogits takes logits. "
                                "Use CategoricalFocalCrossentropy after Softmax.");
        }
    };

    auto operator()(auto& row) const {
        using V = typename std::remove_reference_t<decltype(row)>::Batch;
        using T = typename V::value_type;
        V const zero(T(0)), one(T(1)), a = V(T(alpha)), g = V(T(gamma));
        V const keep(T(1) - T(label_smoothing)), add(T(label_smoothing) / T(row.classes));
        detail::FocalPower<T> const power{T(gamma)}, less{T(gamma) - T(1)};
        V const top = row.largest([](V z, V) { return detail::finite_logit(z); });
        auto const below = [=](V z) { return detail::finite_logit(z) - top; };
        V const sum =
            row.template sums<1>([=](V z, V) { return std::array{kernels::exp(below(z))}; })[0];
        V const each = one / sum, log_sum = kernels::log(sum);
        // h = p dloss/dp; dloss/dz = h - p (the sum of h)
        auto const all = row.template keep<2>([=](V z, V t) {
            V const by = below(z), p = kernels::exp(by) * each, u = kernels::max(zero, one - p);
            V const log_p = by - log_sum, m = power(u), its = a * kernels::fma(keep, t, add);
            return std::array{its * (g * p * less(u) * log_p - m), its * m * log_p};
        });
        if (row.wants_slope)
            row.slope([=](V z, V, V h) { return h - kernels::exp(below(z)) * each * all[0]; });
        return -all[1];
    }
};

/// Cross-entropy of a choice that turns to what is hard: a class weighs (1 - p)^gamma.
///
/// Output   Shape<..., Classes>: a distribution over the classes
/// Target   as the output: 1 for one of the classes, or a distribution
/// Formula  for each vector the sum of -alpha (1 - p)^gamma t log p; p is divided by its sum and
///          held within [1e-7, 1 - 1e-7], as in Keras, and has no slope beyond
/// Errors   (compile time) a single class; the output gives no probabilities, or one for
///          each label (Sigmoid)
///          (run time) a target that is not from 0 to 1
/// Source   keras.losses.CategoricalFocalCrossentropy; Lin et al. (2017), "Focal loss"
struct CategoricalFocalCrossentropy {
    float alpha = 0.25f, gamma = 2.0f, label_smoothing = 0.0f;

    void check() const {
        detail::Check{"CategoricalFocalCrossentropy"}
            .not_negative("alpha", alpha)
            .finite("gamma", gamma)
            .share("label_smoothing", label_smoothing);
    }

    static constexpr std::string_view name = "categorical_focal_crossentropy";
    static constexpr std::string_view title = "CategoricalFocalCrossentropy";
    static constexpr TargetRule rule = TargetRule::probability;
    static constexpr bool several_classes = true;
    template <class Y>
    using On = RowLoss<CategoricalFocalCrossentropy, Y>;
    template <bool Fits>
    static void otherwise() {
        static_assert(Fits, "CategoricalFocalCrossentropy takes several classes. "
                            "Use BinaryFocalCrossentropy for one probability per sample.");
    }
    template <Meaning M>
    struct After {
        static constexpr bool fits = M == Meaning::unknown || M == Meaning::distribution;
        static void otherwise() {
            static_assert(fits,
                          "CategoricalFocalCrossentropy takes the probabilities of one choice. "
                          "Put Softmax before it.");
        }
    };

    constexpr operator CategoricalFocalCrossentropyFromLogits() const {
        return {alpha, gamma, label_smoothing};
    }

    auto operator()(auto& row) const {
        using V = typename std::remove_reference_t<decltype(row)>::Batch;
        using T = typename V::value_type;
        V const zero(T(0)), one(T(1)), a = V(T(alpha)), g = V(T(gamma));
        V const keep(T(1) - T(label_smoothing)), add(T(label_smoothing) / T(row.classes));
        detail::FocalPower<T> const power{T(gamma)}, less{T(gamma) - T(1)};
        V const sum = row.template sums<1>([](V p, V) { return std::array{p}; })[0];
        V const each = one / kernels::max(V(std::numeric_limits<T>::min()), sum);
        auto const held = [=](V p) { return detail::held_probability(p * each); };
        // h = q dloss/dq, 0 where q is held; q = p / sum: dq_j/dp_k = (j == k - q_j) / sum
        auto const all = row.template keep<2>([=](V p, V t) {
            V const q = held(p), u = one - q, log_q = kernels::log(q), m = power(u);
            V const its = a * kernels::fma(keep, t, add);
            V const h = its * (g * q * less(u) * log_q - m);
            return std::array{kernels::select(q == p * each, h, zero), its * m * log_q};
        });
        if (row.wants_slope) row.slope([=](V p, V, V h) { return (h / held(p) - all[0]) * each; });
        return -all[1];
    }
};

template <>
struct FromLogits<Softmax, CategoricalFocalCrossentropy> : std::true_type {
    using type = CategoricalFocalCrossentropyFromLogits;
};

} // namespace lamina
