// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/list.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/words.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lamina {

/// One layer of a Keras model: a row of lamina's table, with the activation behind it where Keras
/// has that as an argument of the layer, and each call of it. Keras has some as one layer that are
/// several rows here: Bidirectional, and the separable convolutions.
struct KerasLayer {
    struct Source {
        std::size_t layer, call; // which call of which layer
    };
    enum class Kind { one, bidirectional, separable };
    std::string name;              ///< without slashes: "encoder.dense_1"
    std::size_t row = 0;           ///< the row whose output it gives
    std::vector<std::size_t> rows; ///< those that own its weights, in Keras' order
    Kind kind = Kind::one;
    std::string activation = "linear";
    detail::List<detail::List<Source>> calls; ///< what each call reads; empty for an input
};

/// A model's layers as Keras would hold them, and in Keras' order.
struct KerasGraph {
    detail::List<KerasLayer> layers;
    detail::List<KerasLayer::Source> inputs, outputs;
    bool sequential = false; ///< each layer reads the one before it, once
};

namespace detail {

/// What Keras calls an activation that has no options, or those it would have; "" for others.
[[gnu::cold]] inline std::string_view keras_activation(Part const& part) {
    auto row = row_of("ReLU relu\nReLU6 relu6\nLeakyReLU leaky_relu negative_slope 0.2\n"
                      "ELU elu alpha 1.0\nSELU selu\nCELU celu alpha 1.0\nGELU gelu\nSiLU silu\n"
                      "Mish mish\nSoftplus softplus\nSoftsign softsign\nSigmoid sigmoid\n"
                      "HardSigmoid hard_sigmoid\nHardSwish hard_silu\nTanh tanh\n"
                      "Exponential exponential\nSoftmax softmax\nLogSoftmax log_softmax\n"
                      "Linear linear",
                      part.type);
    auto const name = take_word(row), option = take_word(row);
    auto const* const value = option.empty() ? nullptr : part.find(option);
    return value && *value != row ? std::string_view{} : name;
}

/// An option whose value is written so in JSON.
[[gnu::cold]] inline bool is_option(Part const& part, std::string_view name,
                                    std::string_view value) {
    auto const* const found = part.find(name);
    return found && *found == value;
}
/// LSTM, GRU or SimpleRNN, which have this option alone.
[[gnu::cold]] inline bool is_recurrent(Part const& part) {
    return part.find("return_sequences") != nullptr;
}

/// Keras' name of how Bidirectional puts its outputs together, by the layer that does it; empty:
/// this one does not.
[[gnu::cold]] inline std::string_view keras_merge_mode(std::string_view type) {
    if (type == "Concatenate") return "concat";
    if (type == "Add") return "sum";
    if (type == "Multiply") return "mul";
    return type == "Average" ? "ave" : "";
}

} // namespace detail

} // namespace lamina
