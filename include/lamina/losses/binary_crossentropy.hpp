// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/fusion.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/losses/elementwise.hpp>
#include <lamina/losses/logit.hpp>
#include <lamina/losses/pairing.hpp>
#include <lamina/losses/probability.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>
#include <type_traits>

namespace lamina {

/// BinaryCrossentropy of sigmoid(z), computed from the logits z without a detour: stable for every
/// z. Written by hand for a network that ends in Linear; chosen by itself where it ends in Sigmoid.
///
/// Output   logits, one for each sample or label
/// Target   as the output: 0 or 1, or a probability between
/// Formula  the mean over each vector of log(1 + exp(z)) - t z, as |z| m + log(1 + exp(-|z|)) with
///          m = 1 - t for z >= 0 and t otherwise. z = +-200 and beyond costs |z| where the label
///          speaks against it and 0 where it speaks for it; +-infinity counts as the largest number
/// Errors   (compile time) the output gives probabilities or their logarithms
///          (run time) a target that is not from 0 to 1
/// Source   keras.losses.BinaryCrossentropy(from_logits=True);
///          tf.nn.weighted_cross_entropy_with_logits
struct BinaryCrossentropyFromLogits {
    float label_smoothing = 0.0f; // t becomes t (1 - s) + s / 2
    float pos_weight = 1.0f;      // what a label 1 weighs; a label 0 weighs 1

    void check() const {
        detail::Check{"BinaryCrossentropyFromLogits"}
            .share("label_smoothing", label_smoothing)
            .not_negative("pos_weight", pos_weight);
    }

    static constexpr std::string_view name = "binary_crossentropy";
    static constexpr std::string_view title = "BinaryCrossentropyFromLogits";
    static constexpr TargetRule rule = TargetRule::probability;
    static constexpr bool multi_label = true; // of several outputs each is a yes or no of its own
    static constexpr float yes_above = 0.0f;  // a metric's threshold, if it has none
    template <class Y>
    using On = ElementwiseLoss<BinaryCrossentropyFromLogits, Y>;

    template <Meaning M>
    struct After {
        static constexpr bool fits = M == Meaning::unknown || M == Meaning::number;
        static void otherwise() {
            static_assert(fits, "BinaryCrossentropyFromLogits takes logits, not probabilities. "
                                "Use BinaryCrossentropy after Sigmoid.");
        }
    };

    template <class V>
    kernels::LossAndSlope<V> operator()(V z, V target) const {
        using T = typename V::value_type;
        V const one(T(1)), t = detail::smoothed_target(target, label_smoothing);
        V const a = V(T(pos_weight)) * t, b = one - t; // what speaks for 1, for 0
        detail::Logit<V> const at(z);
        return {at.crossentropy(a, b, a + b), b * at.p - a * at.q};
    }
};

/// The cross-entropy of independent probabilities: one yes or no for each sample, or several labels
/// that may hold together. After Sigmoid it is computed from the logits.
///
/// Output   probabilities, one for each sample or label
/// Target   as the output: 0 or 1, or a probability between
/// Formula  the mean over each vector of -t log p - (1 - t) log(1 - p); p is held within
///          [1e-7, 1 - 1e-7] as in Keras, and has no slope beyond
/// Errors   (compile time) the output gives no probabilities, or those of one choice (Softmax)
///          (run time) a target that is not from 0 to 1
/// Source   keras.losses.BinaryCrossentropy
struct BinaryCrossentropy {
    float label_smoothing = 0.0f; // t becomes t (1 - s) + s / 2
    float pos_weight = 1.0f;      // what a label 1 weighs; a label 0 weighs 1

    void check() const {
        detail::Check{"BinaryCrossentropy"}
            .share("label_smoothing", label_smoothing)
            .not_negative("pos_weight", pos_weight);
    }

    static constexpr std::string_view name = "binary_crossentropy", title = "BinaryCrossentropy";
    static constexpr TargetRule rule = TargetRule::probability;
    static constexpr bool multi_label = true; // of several outputs each is a yes or no of its own
    template <class Y>
    using On = ElementwiseLoss<BinaryCrossentropy, Y>;

    template <Meaning M>
    struct After {
        static constexpr bool fits = M == Meaning::unknown || M == Meaning::probability;
        static void otherwise() {
            static_assert(M != Meaning::number,
                          "BinaryCrossentropy takes probabilities. Put Sigmoid before it, "
                          "or use BinaryCrossentropyFromLogits.");
            static_assert(M == Meaning::number || fits,
                          "BinaryCrossentropy takes one probability per sample or label. "
                          "Use CategoricalCrossentropy for several classes.");
        }
    };

    constexpr operator BinaryCrossentropyFromLogits() const {
        return {label_smoothing, pos_weight};
    }

    template <class V>
    kernels::LossAndSlope<V> operator()(V y, V target) const {
        using T = typename V::value_type;
        V const one(T(1)), t = detail::smoothed_target(target, label_smoothing);
        V const a = V(T(pos_weight)) * t, b = one - t;
        V const p = detail::held_probability(y), q = one - p;
        return {-(a * kernels::log(p) + b * kernels::log(q)),
                kernels::select(y == p, b / q - a / p, V(T(0)))};
    }
};

template <>
struct FromLogits<Sigmoid, BinaryCrossentropy> : std::true_type {
    using type = BinaryCrossentropyFromLogits;
};

LAMINA_LOSS_COMPILED_ONCE(BinaryCrossentropyFromLogits);

} // namespace lamina
