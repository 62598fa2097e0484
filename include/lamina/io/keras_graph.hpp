// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/words.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
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

/// The rows that read each row, counted with repetition; an output counts as a reader.
[[gnu::cold]] inline std::vector<std::size_t> count_readers(Document const& document) {
    std::vector<std::size_t> readers(document.layers.size(), 0);
    for (auto const& layer : document.layers)
        for (auto const i : layer.inputs) ++readers[i];
    for (auto const o : document.outputs) ++readers[o];
    return readers;
}

/// Keras orders the layers of a Functional model by their distance from the outputs, the farthest
/// first, and then by when a depth-first walk from the outputs meets them.
/// Source: keras/src/ops/function.py, map_graph and _build_map.
[[gnu::cold]] inline std::vector<std::size_t> keras_order(KerasGraph const& graph) {
    auto const& layers = graph.layers;
    List<std::vector<std::size_t>> state; // of each call: 0 new, 1 entered, 2 done
    state.resize(layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i)
        state[i].resize(std::max<std::size_t>(layers[i].calls.size(), 1));
    std::vector<std::size_t> met(layers.size(), 0); // 0: by none
    std::size_t next = 1;
    List<KerasLayer::Source> finished, stack;
    for (auto const& output : graph.outputs) {
        stack.push_back(output);
        while (!stack.empty()) {
            auto const [layer, call] = stack.back();
            auto& s = state[layer][call];
            if (s == 0) {
                s = 1;
                if (met[layer] == 0) met[layer] = next++;
                if (layers[layer].calls.empty()) continue;
                auto const& reads = layers[layer].calls[call];
                for (std::size_t r = reads.size(); r-- > 0;) // the first is walked first
                    if (state[reads[r].layer][reads[r].call] == 0) stack.push_back(reads[r]);
            } else {
                if (s == 1) finished.push_back({layer, call});
                s = 2;
                stack.pop_back();
            }
        }
    }
    std::vector<std::size_t> depth(layers.size(), 0);
    List<std::vector<std::size_t>> call_depth;
    call_depth.resize(layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) call_depth[i].resize(state[i].size());
    for (std::size_t at = finished.size(); at-- > 0;) {
        auto const [layer, call] = finished[at];
        std::size_t const d = std::max(call_depth[layer][call], depth[layer]);
        depth[layer] = call_depth[layer][call] = d;
        if (layers[layer].calls.empty()) continue;
        for (auto const& r : layers[layer].calls[call])
            call_depth[r.layer][r.call] = std::max(call_depth[r.layer][r.call], d + 1);
    }
    std::vector<std::size_t> by_meeting, order;
    for (std::size_t m = 0; m < next; ++m) // those met by none, inputs that nobody reads, first
        for (std::size_t i = 0; i < layers.size(); ++i)
            if (met[i] == m) by_meeting.push_back(i);
    for (std::size_t d = *std::max_element(depth.begin(), depth.end()) + 1; d-- > 0;)
        for (auto const i : by_meeting)
            if (depth[i] == d) order.push_back(i);
    return order;
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
            bool const merges = row.part.type == "Concatenate" || row.part.type == "Add" ||
                                row.part.find("merge_mode");
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

} // namespace detail

/// The Keras model that a document describes: `Dense` and the `ReLU` behind it become one layer,
/// rows that share weights become calls of one layer.
[[gnu::cold]] inline KerasGraph keras_graph(Document const& document) {
    auto const& rows = document.layers;
    auto const readers = detail::count_readers(document);
    std::vector<std::size_t> shared(rows.size(), 0);
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].owner != i) shared[rows[i].owner] = shared[i] = 1;
    auto const owners = detail::keras_owners(document, readers, shared);

    KerasGraph graph;
    detail::List<KerasLayer::Source> made; // what gives each row's output
    made.resize(rows.size());
    std::size_t inputs = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto const& row = rows[i];
        if (owners[i] != i) continue;
        if (row.inputs.size() == 1) { // an activation goes into the layer before it
            auto const before = row.inputs[0];
            auto const activation = detail::keras_activation(row.part);
            bool const takes = detail::is_option(rows[before].part, "activation", "\"linear\"") &&
                               readers[before] == 1 && !shared[before] && !shared[i];
            if (takes && !activation.empty()) {
                made[i] = made[before];
                graph.layers[made[i].layer].activation = activation;
                continue;
            }
        }
        KerasLayer layer;
        layer.row = i;
        for (std::size_t k = 0; k < i; ++k)
            if (owners[k] == i) layer.rows.push_back(k);
        if (!layer.rows.empty())
            layer.kind = row.inputs.size() == 2 ? KerasLayer::Kind::bidirectional
                                                : KerasLayer::Kind::separable;
        if (layer.kind == KerasLayer::Kind::bidirectional)
            layer.rows = row.inputs; // forward comes first
        else layer.rows.push_back(i);

        detail::List<KerasLayer::Source> reads;
        for (auto const k : detail::keras_inputs(document, layer)) reads.push_back(made[k]);
        if (row.owner != i) {
            auto& first = graph.layers[made[row.owner].layer];
            made[i] = {made[row.owner].layer, first.calls.size()};
            first.calls.push_back(std::move(reads));
            continue;
        }
        layer.name = detail::keras_name(layer.kind == KerasLayer::Kind::one
                                            ? row.path
                                            : row.path.substr(0, row.path.rfind('/')));
        if (row.inputs.empty()) {
            layer.name = "input_layer";
            if (inputs > 0) detail::append(layer.name, {"_", inputs});
            ++inputs;
        } else {
            layer.calls.push_back(std::move(reads));
        }
        made[i] = {graph.layers.size(), 0};
        graph.layers.push_back(std::move(layer));
    }
    for (auto const i : document.inputs) graph.inputs.push_back(made[i]);
    for (auto const o : document.outputs) graph.outputs.push_back(made[o]);

    graph.sequential = graph.inputs.size() == 1 && graph.outputs.size() == 1 &&
                       graph.outputs[0].layer + 1 == graph.layers.size();
    for (std::size_t i = 1; i < graph.layers.size(); ++i) {
        auto const& calls = graph.layers[i].calls;
        graph.sequential = graph.sequential && calls.size() == 1 && calls[0].size() == 1 &&
                           calls[0][0].layer + 1 == i &&
                           rows[graph.layers[i].row].part.type != "MultiHeadAttention";
    }
    if (graph.sequential) return graph;

    auto const order = detail::keras_order(graph);
    std::vector<std::size_t> place(order.size());
    for (std::size_t k = 0; k < order.size(); ++k) place[order[k]] = k;
    detail::List<KerasLayer> sorted;
    for (auto const k : order) sorted.push_back(std::move(graph.layers[k]));
    graph.layers = std::move(sorted);
    auto const move = [&](detail::List<KerasLayer::Source>& sources) {
        for (auto& s : sources) s.layer = place[s.layer];
    };
    move(graph.inputs);
    move(graph.outputs);
    for (auto& layer : graph.layers)
        for (auto& call : layer.calls) move(call);
    return graph;
}

} // namespace lamina
