// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/fusion.hpp>
#include <lamina/losses/crossentropy.hpp>
#include <lamina/losses/pairing.hpp>
#include <lamina/losses/row_loss.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>
#include <type_traits>

namespace lamina {

/// CategoricalCrossentropy of softmax(z), computed from the logits z without a detour. Written by
/// hand for a network that ends in Linear; chosen by itself where it ends in Softmax or LogSoftmax.
///
/// Output   Shape<..., Classes>: logits
/// Target   as the output: a distribution over the classes, 1 for one of them or shared
/// Formula  for each vector the sum of t (log sum exp z - z). Logits of +-200 and beyond cost what
///          they differ by; beyond a quarter of the largest number, as for infinities, they count
///          as that: a class of -infinity costs nothing unless the label says it
/// Errors   (compile time) a single class; the output gives probabilities
///          (run time) a target that is not from 0 to 1
/// Source   keras.losses.CategoricalCrossentropy(from_logits=True)
struct CategoricalCrossentropyFromLogits {
    float label_smoothing = 0.0f; // t becomes t (1 - s) + s / Classes

    void check() const {
        detail::Check{"CategoricalCrossentropyFromLogits"}.share("label_smoothing",
                                                                 label_smoothing);
    }

    static constexpr std::string_view name = "categorical_crossentropy";
    static constexpr std::string_view title = "CategoricalCrossentropyFromLogits";
    static constexpr TargetRule rule = TargetRule::probability;
    static constexpr bool several_classes = true;
    static constexpr bool one_choice = true; // of these logits Softmax makes probabilities
    template <class Y>
    using On = RowLoss<CategoricalCrossentropyFromLogits, Y>;
    template <bool Fits>
    static void otherwise() {
        static_assert(Fits, "CategoricalCrossentropyFromLogits takes several classes. "
                            "Use BinaryCrossentropyFromLogits for one output.");
    }
    template <Meaning M>
    struct After {
        static constexpr bool fits = M != Meaning::probability && M != Meaning::distribution;
        static void otherwise() {
            static_assert(fits, "CategoricalCrossentropyFromLogits takes logits. "
                                "Use CategoricalCrossentropy after Softmax.");
        }
    };

    auto operator()(auto& row) const {
        return detail::crossentropy_of_logits(row, label_smoothing);
    }
};

/// The cross-entropy of a choice between several classes. After Softmax (or LogSoftmax) it is
/// computed from the logits.
///
/// Output   Shape<..., Classes>: a distribution over the classes
/// Target   as the output: 1 for one of the classes, or a distribution
/// Formula  for each vector the sum of -t log p; p is divided by its sum and held within
///          [1e-7, 1 - 1e-7], as in Keras, and has no slope beyond
/// Errors   (compile time) a single class; the output gives no probabilities, or one for
///          each label (Sigmoid)
///          (run time) a target that is not from 0 to 1
/// Source   keras.losses.CategoricalCrossentropy
struct CategoricalCrossentropy {
    float label_smoothing = 0.0f; // t becomes t (1 - s) + s / Classes

    void check() const {
        detail::Check{"CategoricalCrossentropy"}.share("label_smoothing", label_smoothing);
    }

    static constexpr std::string_view name = "categorical_crossentropy";
    static constexpr std::string_view title = "CategoricalCrossentropy";
    static constexpr TargetRule rule = TargetRule::probability;
    static constexpr bool several_classes = true;
    template <class Y>
    using On = RowLoss<CategoricalCrossentropy, Y>;
    template <bool Fits>
    static void otherwise() {
        static_assert(Fits, "CategoricalCrossentropy takes several classes. "
                            "Use BinaryCrossentropy for one probability per sample.");
    }
    template <Meaning M>
    struct After {
        static constexpr bool fits = M != Meaning::number && M != Meaning::probability;
        static void otherwise() {
            static_assert(M != Meaning::number,
                          "CategoricalCrossentropy takes probabilities. Put Softmax before it, "
                          "or use CategoricalCrossentropyFromLogits.");
            static_assert(M != Meaning::probability,
                          "CategoricalCrossentropy takes the probabilities of one choice. "
                          "Put Softmax before it, or use BinaryCrossentropy.");
        }
    };

    constexpr operator CategoricalCrossentropyFromLogits() const { return {label_smoothing}; }

    auto operator()(auto& row) const {
        return detail::crossentropy_of_probabilities(row, label_smoothing);
    }
};

template <>
struct FromLogits<Softmax, CategoricalCrossentropy> : std::true_type {
    using type = CategoricalCrossentropyFromLogits;
};
template <> // log softmax(log softmax(z)) = log softmax(z)
struct FromLogits<LogSoftmax, CategoricalCrossentropy> : std::true_type {
    using type = CategoricalCrossentropyFromLogits;
};

} // namespace lamina
