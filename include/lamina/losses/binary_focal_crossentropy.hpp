// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/fusion.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/losses/elementwise.hpp>
#include <lamina/losses/focal.hpp>
#include <lamina/losses/logit.hpp>
#include <lamina/losses/pairing.hpp>
#include <lamina/losses/probability.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>
#include <type_traits>

namespace lamina {

/// BinaryFocalCrossentropy of sigmoid(z), computed from the logits z: stable for every z. Chosen by
/// itself where the network ends in Sigmoid.
///
/// Output   logits, one for each sample or label
/// Target   as the output: 0 or 1, or a probability between
/// Formula  as BinaryFocalCrossentropy; +-infinity counts as the largest number
/// Errors   (compile time) the output gives probabilities or their logarithms
///          (run time) a target that is not from 0 to 1
/// Source   keras.losses.BinaryFocalCrossentropy(from_logits=True)
struct BinaryFocalCrossentropyFromLogits {
    bool apply_class_balancing = false;
    float alpha = 0.25f, gamma = 2.0f, label_smoothing = 0.0f;

    void check() const {
        detail::Check{"BinaryFocalCrossentropyFromLogits"}
            .share("alpha", alpha)
            .finite("gamma", gamma)
            .share("label_smoothing", label_smoothing);
    }

    static constexpr std::string_view name = "binary_focal_crossentropy";
    static constexpr std::string_view title = "BinaryFocalCrossentropyFromLogits";
    static constexpr TargetRule rule = TargetRule::probability;
    static constexpr bool multi_label = true; // of several outputs each is a yes or no of its own
    static constexpr float yes_above = 0.0f;  // a metric's threshold, if it has none
    template <class Y>
    using On = ElementwiseLoss<BinaryFocalCrossentropyFromLogits, Y>;

    template <Meaning M>
    struct After {
        static constexpr bool fits = M == Meaning::unknown || M == Meaning::number;
        static void otherwise() {
            static_assert(fits, "BinaryFocalCrossentropyFromLogits takes logits. "
                                "Use BinaryFocalCrossentropy after Sigmoid.");
        }
    };

    template <class V>
    kernels::LossAndSlope<V> operator()(V z, V target) const {
        using T = typename V::value_type;
        V const one(T(1)), a = V(T(alpha)), t = detail::smoothed_target(target, label_smoothing);
        detail::Logit<V> const at(z);
        V const p = at.p, q = at.q, b = at.crossentropy(t, one - t, one);
        V const u = t * q + (one - t) * p; // 1 - p_t, and du/dz = (1 - 2 t) p q
        V const w = apply_class_balancing ? t * a + (one - t) * (one - a) : one;
        detail::FocalPower<T> const power{T(gamma)}, less{T(gamma) - T(1)};
        V const m = power(u);
        V const turn = V(T(gamma)) * less(u) * (one - t - t) * p * q;
        return {w * m * b, w * (turn * b + m * (p - t))};
    }
};

/// Cross-entropy of independent probabilities that turns to what is hard: an answer that is right
/// already weighs (1 - p_t)^gamma, p_t the probability given to the truth.
///
/// Output   probabilities, one for each sample or label
/// Target   as the output: 0 or 1, or a probability between
/// Formula  the mean over each vector of w (1 - p_t)^gamma crossentropy, p_t = t p + (1 - t)(1 -
///          p), w = t alpha + (1 - t)(1 - alpha) with apply_class_balancing, else 1. The
///          crossentropy holds p within [1e-7, 1 - 1e-7], as in Keras
/// Errors   (compile time) the output gives no probabilities, or those of one choice (Softmax)
///          (run time) a target that is not from 0 to 1
/// Source   keras.losses.BinaryFocalCrossentropy; Lin et al. (2017), "Focal loss"
struct BinaryFocalCrossentropy {
    bool apply_class_balancing = false;
    float alpha = 0.25f, gamma = 2.0f, label_smoothing = 0.0f;

    void check() const {
        detail::Check{"BinaryFocalCrossentropy"}
            .share("alpha", alpha)
            .finite("gamma", gamma)
            .share("label_smoothing", label_smoothing);
    }

    static constexpr std::string_view name = "binary_focal_crossentropy";
    static constexpr std::string_view title = "BinaryFocalCrossentropy";
    static constexpr TargetRule rule = TargetRule::probability;
    static constexpr bool multi_label = true; // of several outputs each is a yes or no of its own
    template <class Y>
    using On = ElementwiseLoss<BinaryFocalCrossentropy, Y>;

    template <Meaning M>
    struct After {
        static constexpr bool fits = M == Meaning::unknown || M == Meaning::probability;
        static void otherwise() {
            static_assert(M != Meaning::number,
                          "BinaryFocalCrossentropy takes probabilities. Put Sigmoid before it, "
                          "or use its form FromLogits.");
            static_assert(M == Meaning::number || fits,
                          "BinaryFocalCrossentropy takes one probability per sample or label. "
                          "Use CategoricalFocalCrossentropy.");
        }
    };

    constexpr operator BinaryFocalCrossentropyFromLogits() const {
        return {apply_class_balancing, alpha, gamma, label_smoothing};
    }

    template <class V>
    kernels::LossAndSlope<V> operator()(V y, V target) const {
        using T = typename V::value_type;
        V const one(T(1)), zero(T(0)), a = V(T(alpha));
        V const t = detail::smoothed_target(target, label_smoothing);
        V const p = detail::held_probability(y), q = one - p;
        V const b = -(t * kernels::log(p) + (one - t) * kernels::log(q));
        V const slope = kernels::select(y == p, (one - t) / q - t / p, zero);
        V const u = t * (one - y) + (one - t) * y; // 1 - p_t
        V const w = apply_class_balancing ? t * a + (one - t) * (one - a) : one;
        detail::FocalPower<T> const power{T(gamma)}, less{T(gamma) - T(1)};
        V const m = power(u), turn = V(T(gamma)) * less(u) * (one - t - t);
        return {w * m * b, w * (turn * b + m * slope)};
    }
};

template <>
struct FromLogits<Sigmoid, BinaryFocalCrossentropy> : std::true_type {
    using type = BinaryFocalCrossentropyFromLogits;
};

} // namespace lamina
