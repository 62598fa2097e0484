// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/list.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/scaling.hpp>
#include <lamina/io/dtype.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

/// A tensor to be written: a name, a shape and a view of its numbers where they are. Owns no
/// numbers.
struct Entry {
    std::string name;
    std::vector<std::uint64_t> shape;
    DType dtype = DType::f32;
    void const* data = nullptr;

    [[gnu::cold]] std::size_t size() const {
        std::size_t n = 1;
        for (auto const d : shape) n *= d;
        return n;
    }
    std::size_t bytes() const { return size() * info(dtype).bits / 8; }

    /// The entry of the numbers of a vector, an array or a span in one axis, or of any shape.
    template <class Row>
    [[gnu::cold]] static Entry of(std::string name, Row const& values,
                                  std::vector<std::uint64_t> shape) {
        return {std::move(name), std::move(shape), dtype_of<typename Row::value_type>(),
                values.data()};
    }
    template <class Row>
    [[gnu::cold]] static Entry of(std::string name, Row const& values) {
        return of(std::move(name), values, {values.size()});
    }
};

/// An option and its value, written as JSON: {"rate", "0.5"}.
struct NamedValue {
    std::string name, value;
};

/// Something with options: a layer, a loss, an optimizer.
struct Part {
    std::string type{}; ///< its class: "Dense", "Adam"
    detail::List<NamedValue> settings{};
    std::string role{};         ///< what it is within another: "layer"
    detail::List<Part> parts{}; ///< those within it

    [[gnu::cold]] std::string const* find(std::string_view name) const {
        for (auto const& [key, value] : settings)
            if (key == name) return &value;
        return nullptr;
    }
};

/// One row of a network's table, inputs included.
struct LayerRecord {
    std::string path;                  ///< "encoder/dense_1"; empty for an input
    Part part;                         ///< type "InputLayer" for an input
    std::vector<std::uint64_t> output; ///< shape of one sample
    std::vector<std::size_t> inputs;   ///< the rows that it reads
    std::size_t owner = 0;             ///< the row whose parameters it uses, if not its own
    bool integer = false, trainable = true;
    std::vector<std::size_t> parameters; ///< which of Document::parameters are its own
    std::vector<std::size_t> state;      ///< which of Document::state are its own
    detail::List<Part> initializers;     ///< of these; role: "kernel"; type "": not known
};

/// A number of the training's state: "steps", "random".
struct Counter {
    std::string name;
    std::uint64_t value = 0;
};

/// A model as files see it: no types, no templates, views of the model's own numbers. The formats
/// know only this.
struct Document {
    detail::List<LayerRecord> layers;         ///< in the table's order
    std::vector<std::size_t> inputs, outputs; ///< rows
    bool sequential = false;                  ///< one chain from one input to one output
    detail::List<Entry> parameters;           ///< "dense_1/kernel"
    detail::List<Entry> state;                ///< "batch_normalization/moving_mean"

    bool compiled = false; ///< are the following known
    Part optimizer;
    double learning_rate = 0;   ///< of the next step
    std::size_t slot_count = 0; ///< numbers that the optimizer keeps per parameter
    detail::List<Entry> slots;  ///< slot k of parameter p: [p * slot_count + k]
    detail::List<Part> losses, metrics;
    std::vector<float> loss_weights; ///< empty: all 1
    detail::List<Counter> counters;
    Scaling scaling;
};

} // namespace lamina
