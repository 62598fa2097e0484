// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/fusion.hpp>
#include <lamina/losses/crossentropy.hpp>
#include <lamina/losses/pairing.hpp>
#include <lamina/losses/row_loss.hpp>
#include <lamina/losses/target.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace lamina {

/// SparseCategoricalCrossentropy of softmax(z), computed from the logits z without a detour.
/// Written by hand for a network that ends in Linear; chosen by itself where it ends in Softmax or
/// LogSoftmax.
///
/// Output   Shape<..., Classes>: logits
/// Target   a class, 0 to Classes - 1, for each vector: Indices<Time>, Indices<Height, Width>
/// Options  label_smoothing; ignore_class: vectors with this target count for nothing, and the mean
///          is that of the others: PyTorch's ignore_index
/// Formula  for each vector log sum exp z - z[t]. Logits of +-200 and beyond cost what they differ
///          by; beyond a quarter of the largest number, as for infinities, they count as that
/// Errors   (compile time) a single class; the output gives probabilities
///          (run time) a class that there is not
/// Source   keras.losses.SparseCategoricalCrossentropy(from_logits=True)
struct SparseCategoricalCrossentropyFromLogits {
    float label_smoothing = 0.0f; // t becomes t (1 - s) + s / Classes
    std::optional<std::int32_t> ignore_class = {};

    void check() const {
        detail::Check{"SparseCategoricalCrossentropyFromLogits"}.share("label_smoothing",
                                                                       label_smoothing);
    }

    static constexpr std::string_view name = "sparse_categorical_crossentropy";
    static constexpr std::string_view title = "SparseCategoricalCrossentropyFromLogits";
    static constexpr TargetRule rule = TargetRule::class_index;
    static constexpr bool one_choice = true; // of these logits Softmax makes probabilities
    static constexpr bool several_classes = true, sparse = true;
    template <class Y>
    using On = RowLoss<SparseCategoricalCrossentropyFromLogits, Y>;
    template <bool Fits>
    static void otherwise() {
        static_assert(Fits, "SparseCategoricalCrossentropyFromLogits takes several classes. "
                            "Use BinaryCrossentropyFromLogits for one output.");
    }
    template <Meaning M>
    struct After {
        static constexpr bool fits = M != Meaning::probability && M != Meaning::distribution;
        static void otherwise() {
            static_assert(fits, "SparseCategoricalCrossentropyFromLogits takes logits. "
                                "Use SparseCategoricalCrossentropy after Softmax.");
        }
    };

    void config(auto const& out) const {
        out("label_smoothing", label_smoothing);
        if (ignore_class) out("ignore_class", *ignore_class);
    }

    auto operator()(auto& row) const {
        return detail::crossentropy_of_logits(row, label_smoothing);
    }
};

/// The cross-entropy of a choice between several classes, told by their numbers. After Softmax (or
/// LogSoftmax) it is computed from the logits.
///
/// Output   Shape<..., Classes>: a distribution over the classes
/// Target   a class, 0 to Classes - 1, for each vector: Indices<Time>, Indices<Height, Width>
/// Options  label_smoothing; ignore_class: vectors with this target count for nothing, neither in
///          the loss nor in the metrics, and the mean is that of the others. It need not be one of
///          the classes: {.ignore_class = -1}
/// Formula  for each vector -log p[t]; p is divided by its sum and held within [1e-7, 1 - 1e-7], as
///          in Keras, and has no slope beyond
/// Errors   (compile time) a single class; the output gives no probabilities, or one for
///          each label (Sigmoid)
///          (run time) a class that there is not
/// Source   keras.losses.SparseCategoricalCrossentropy
struct SparseCategoricalCrossentropy {
    float label_smoothing = 0.0f; // t becomes t (1 - s) + s / Classes
    std::optional<std::int32_t> ignore_class = {};

    void check() const {
        detail::Check{"SparseCategoricalCrossentropy"}.share("label_smoothing", label_smoothing);
    }

    static constexpr std::string_view name = "sparse_categorical_crossentropy";
    static constexpr std::string_view title = "SparseCategoricalCrossentropy";
    static constexpr TargetRule rule = TargetRule::class_index;
    static constexpr bool several_classes = true, sparse = true;
    template <class Y>
    using On = RowLoss<SparseCategoricalCrossentropy, Y>;
    template <bool Fits>
    static void otherwise() {
        static_assert(Fits, "SparseCategoricalCrossentropy takes several classes. "
                            "Use BinaryCrossentropy for one probability per sample.");
    }
    template <Meaning M>
    struct After {
        static constexpr bool fits = M != Meaning::number && M != Meaning::probability;
        static void otherwise() {
            static_assert(M != Meaning::number,
                          "SparseCategoricalCrossentropy takes probabilities. "
                          "Put Softmax before it, or use its form FromLogits.");
            static_assert(M != Meaning::probability,
                          "SparseCategoricalCrossentropy takes the probabilities of one choice. "
                          "Use Softmax, or BinaryCrossentropy.");
        }
    };

    constexpr operator SparseCategoricalCrossentropyFromLogits() const {
        return {label_smoothing, ignore_class};
    }

    void config(auto const& out) const {
        out("label_smoothing", label_smoothing);
        if (ignore_class) out("ignore_class", *ignore_class);
    }

    auto operator()(auto& row) const {
        return detail::crossentropy_of_probabilities(row, label_smoothing);
    }
};

template <>
struct FromLogits<Softmax, SparseCategoricalCrossentropy> : std::true_type {
    using type = SparseCategoricalCrossentropyFromLogits;
};
template <> // log softmax(log softmax(z)) = log softmax(z)
struct FromLogits<LogSoftmax, SparseCategoricalCrossentropy> : std::true_type {
    using type = SparseCategoricalCrossentropyFromLogits;
};

} // namespace lamina
