// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/list.hpp>
#include <lamina/core/message.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/keras_layer.hpp>
#include <lamina/io/keras_order.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

namespace detail {

/// The rows that read each row, counted with repetition; an output counts as a reader.
[[gnu::cold]] inline std::vector<std::size_t> count_readers(Document const& document) {
    std::vector<std::size_t> readers(document.layers.size(), 0);
    for (auto const& layer : document.layers)
        for (auto const i : layer.inputs) ++readers[i];
    for (auto const o : document.outputs) ++readers[o];
    return readers;
}

/// 1 for each row that shares its weights with another.
[[gnu::cold]] inline std::vector<std::size_t> shared_rows(Document const& document) {
    auto const& rows = document.layers;
    std::vector<std::size_t> shared(rows.size(), 0);
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].owner != i) shared[rows[i].owner] = shared[i] = 1;
    return shared;
}

/// For each row the row of the Keras layer that it is a part of: itself, unless that is one with
/// several rows.
[[gnu::cold]] inline std::vector<std::size_t> keras_owners(Document const& document,
                                                           std::vector<std::size_t> const& readers,
                                                           std::vector<std::size_t> const& shared) {
    auto const& rows = document.layers;
    std::vector<std::size_t> owners(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) owners[i] = i;
    auto const half = [&](std::size_t i, std::string const& stem, std::string_view name) {
        auto const& path = rows[i].path;
        return readers[i] == 1 && !shared[i] && path.size() == stem.size() + name.size() &&
               path.starts_with(stem) && path.ends_with(name);
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto const& row = rows[i];
        std::string const stem = row.path.substr(0, row.path.rfind('/') + 1);
        if (stem.empty() || shared[i]) continue;
        if (row.inputs.size() == 2) { // a | LSTM, a | LSTM backwards, joined
            auto const a = row.inputs[0], b = row.inputs[1];
            bool const recurrent = a != b && is_recurrent(rows[a].part) &&
                                   is_recurrent(rows[b].part) &&
                                   is_option(rows[b].part, "go_backwards", "true");
            bool const merges = !keras_merge_mode(row.part.type).empty();
            if (recurrent && merges && half(a, stem, "forward") && half(b, stem, "backward"))
                owners[a] = owners[b] = i;
        } else if (row.inputs.size() == 1 && row.path.substr(stem.size()) == "pointwise") {
            auto const before = row.inputs[0];
            if (rows[before].part.find("depth_multiplier") && rows[before].parameters.size() == 1 &&
                half(before, stem, "depthwise"))
                owners[before] = i;
        }
    }
    return owners;
}
/// The rows that a Keras layer reads.
[[gnu::cold]] inline std::vector<std::size_t> keras_inputs(Document const& document,
                                                           KerasLayer const& layer) {
    auto const& rows = document.layers;
    if (layer.kind == KerasLayer::Kind::one) return rows[layer.row].inputs;
    auto reads = rows[layer.rows[0]].inputs;
    if (layer.kind == KerasLayer::Kind::bidirectional) { // x once, then the states of both
        auto const& back = rows[layer.rows[1]].inputs;
        for (std::size_t i = 1; i < back.size(); ++i) reads.push_back(back[i]);
    }
    return reads;
}

[[gnu::cold]] inline std::string keras_name(std::string path) {
    std::replace(path.begin(), path.end(), '/', '.'); // Keras allows no slash in a name
    return path;
}

/// Makes the layers of a Keras model of a document's rows, one row after the other.
class KerasGraphBuilder {
public:
    [[gnu::cold]] explicit KerasGraphBuilder(Document const& document)
        : document_(document), rows_(document.layers), readers_(count_readers(document)),
          shared_(shared_rows(document)), owners_(keras_owners(document, readers_, shared_)) {
        made_.resize(rows_.size());
        for (std::size_t i = 0; i < rows_.size(); ++i) add(i);
        for (auto const i : document.inputs) graph_.inputs.push_back(made_[i]);
        for (auto const o : document.outputs) graph_.outputs.push_back(made_[o]);
    }

    [[gnu::cold]] KerasGraph take() {
        graph_.sequential = is_sequential();
        if (!graph_.sequential) sort_layers(graph_);
        return std::move(graph_);
    }

private:
    using Source = KerasLayer::Source;

    [[gnu::cold]] void add(std::size_t i) {
        if (owners_[i] != i || joins_the_layer_before(i)) return;
        auto const& row = rows_[i];
        KerasLayer layer = layer_of(i);
        List<Source> reads;
        for (auto const k : keras_inputs(document_, layer)) reads.push_back(made_[k]);
        if (row.owner != i) { // one more call of a layer that is there
            auto& first = graph_.layers[made_[row.owner].layer];
            made_[i] = {made_[row.owner].layer, first.calls.size()};
            first.calls.push_back(std::move(reads));
            return;
        }
        if (row.inputs.empty()) {
            layer.name = "input_layer";
            if (inputs_ > 0) append(layer.name, {"_", inputs_});
            ++inputs_;
        } else {
            layer.calls.push_back(std::move(reads));
        }
        made_[i] = {graph_.layers.size(), 0};
        graph_.layers.push_back(std::move(layer));
    }

    /// An activation goes into the layer before it, where that has none and nobody else reads it.
    [[gnu::cold]] bool joins_the_layer_before(std::size_t i) {
        auto const& row = rows_[i];
        if (row.inputs.size() != 1) return false;
        auto const before = row.inputs[0];
        auto const activation = keras_activation(row.part);
        bool const takes = is_option(rows_[before].part, "activation", "\"linear\"") &&
                           readers_[before] == 1 && !shared_[before] && !shared_[i];
        if (!takes || activation.empty()) return false;
        made_[i] = made_[before];
        graph_.layers[made_[i].layer].activation = activation;
        return true;
    }

    [[gnu::cold]] KerasLayer layer_of(std::size_t i) const {
        using Kind = KerasLayer::Kind;
        auto const& row = rows_[i];
        KerasLayer layer;
        layer.row = i;
        for (std::size_t k = 0; k < i; ++k)
            if (owners_[k] == i) layer.rows.push_back(k);
        if (!layer.rows.empty())
            layer.kind = row.inputs.size() == 2 ? Kind::bidirectional : Kind::separable;
        if (layer.kind == Kind::bidirectional) layer.rows = row.inputs; // forward comes first
        else layer.rows.push_back(i);
        layer.name = keras_name(layer.kind == Kind::one ? row.path
                                                        : row.path.substr(0, row.path.rfind('/')));
        return layer;
    }

    /// Whether each layer reads the one before it, once, and no other.
    [[gnu::cold]] bool is_sequential() const {
        auto const& layers = graph_.layers;
        if (graph_.inputs.size() != 1 || graph_.outputs.size() != 1 ||
            graph_.outputs[0].layer + 1 != layers.size())
            return false;
        for (std::size_t i = 1; i < layers.size(); ++i) {
            auto const& calls = layers[i].calls;
            if (calls.size() != 1 || calls[0].size() != 1 || calls[0][0].layer + 1 != i ||
                rows_[layers[i].row].part.type == "MultiHeadAttention")
                return false;
        }
        return true;
    }

    Document const& document_;
    List<LayerRecord> const& rows_;
    std::vector<std::size_t> readers_, shared_, owners_; // of each row
    List<Source> made_;                                  // what gives each row's output
    std::size_t inputs_ = 0;                             // layers so far
    KerasGraph graph_;
};

} // namespace detail

/// The Keras model that a document describes: `Dense` and the `ReLU` behind it become one layer,
/// rows that share weights become calls of one layer.
[[gnu::cold]] inline KerasGraph keras_graph(Document const& document) {
    return detail::KerasGraphBuilder(document).take();
}

} // namespace lamina
