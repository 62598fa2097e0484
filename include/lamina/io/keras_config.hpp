// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/io/document.hpp>
#include <lamina/io/json_text.hpp>
#include <lamina/io/keras_graph.hpp>
#include <lamina/io/keras_optimizer.hpp>
#include <lamina/io/keras_variables.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

namespace detail {

/// {"class_name": "Dense", "config": {"name": ..., ...}} for one layer.
class KerasLayerConfig {
public:
    [[gnu::cold]] KerasLayerConfig(JsonText& json, Document const& document,
                                   KerasLayer const& layer)
        : json_(json), row_(document.layers[layer.row]), document_(document), layer_(layer) {}

    [[gnu::cold]] void write() {
        std::string const type = keras_class(document_, layer_);
        json_.member("class_name", type);
        json_.key("config");
        json_.object();
        json_.member("name", layer_.name);
        if (row_.inputs.empty()) {
            write_input();
        } else {
            json_.member("trainable", row_.trainable);
            json_.member("dtype", dtype());
            if (type == "Activation") json_.member("activation", keras_activation(row_.part));
            else if (type == "Bidirectional") write_bidirectional();
            else if (type == "PReLU") write_prelu();
            else write_options(row_.part);
        }
        json_.end();
    }

private:
    [[gnu::cold]] std::string dtype() const {
        if (row_.integer) return "int32";
        auto const& parameters = document_.parameters;
        return std::string(name_of(parameters.empty() ? DType::f32 : parameters[0].dtype));
    }
    [[gnu::cold]] void write_input() {
        json_.key("batch_shape");
        json_.array();
        json_.null();
        for (auto const d : row_.output) json_.value(d);
        json_.end();
        json_.member("dtype", dtype());
        json_.member("sparse", false);
    }
    /// A part's options are called as in Keras. The window of a separable convolution is that of
    /// its first half.
    [[gnu::cold]] void write_options(Part const& part) {
        bool const separable = layer_.kind == KerasLayer::Kind::separable;
        auto const* const window = separable ? &document_.layers[layer_.rows[0]].part : nullptr;
        for (auto const& [name, value] : part.settings) {
            if (name.starts_with("call.") || name.starts_with("kernel_l")) continue;
            if (window && window->find(name) && name != "activation" && name != "use_bias")
                continue;
            json_.key(name);
            if (name == "activation" && &part == &row_.part) json_.value(layer_.activation);
            else json_.raw(value);
        }
        for (std::size_t i = 0; window && i < window->settings.size(); ++i) {
            auto const& [name, value] = window->settings[i];
            if (name == "activation" || name == "use_bias") continue;
            json_.key(name);
            json_.raw(value);
        }
        for (auto const& inner : part.parts) write_inner(inner, inner.role);
        write_regularizer(part);
    }
    /// A layer or an activation within another.
    [[gnu::cold]] void write_inner(Part const& part, std::string const& role) {
        json_.key(role);
        if (auto const activation = keras_activation(part); !activation.empty())
            return json_.value(activation);
        json_.object();
        json_.member("class_name", part.type);
        json_.key("config");
        json_.object();
        json_.member("name", layer_.name + "." + role);
        write_options(part);
        json_.end();
        json_.end();
    }
    [[gnu::cold]] void write_bidirectional() {
        auto const* const mode = row_.part.find("merge_mode");
        json_.key("merge_mode");
        if (mode) json_.raw(*mode);
        else json_.value(row_.part.type == "Add" ? "sum" : "concat");
        write_inner(document_.layers[layer_.rows[0]].part, "layer");
    }
    [[gnu::cold]] void write_prelu() {
        json_.key("shared_axes");
        json_.array();
        for (std::size_t axis = 1; axis < row_.output.size(); ++axis) json_.value(axis);
        json_.end();
    }
    [[gnu::cold]] void write_regularizer(Part const& part) {
        auto const* const l1 = part.find("kernel_l1");
        auto const* const l2 = part.find("kernel_l2");
        if (!l1 || !l2 || (*l1 == "0.0" && *l2 == "0.0")) return;
        json_.key("kernel_regularizer");
        json_.object();
        json_.member("class_name", "L1L2");
        json_.key("config");
        json_.object();
        json_.key("l1");
        json_.raw(*l1);
        json_.key("l2");
        json_.raw(*l2);
        json_.end();
        json_.end();
    }

    JsonText& json_;
    LayerRecord const& row_;
    Document const& document_;
    KerasLayer const& layer_;
};

/// {"class_name": "Huber", "config": {"delta": 1.0}}: a loss or a metric.
[[gnu::cold]] inline void write_part(JsonText& json, Part const& part, bool with_settings) {
    constexpr std::string_view from_logits = "FromLogits";
    std::string type = part.type;
    bool const logits = type.ends_with(from_logits);
    if (logits) type.resize(type.size() - from_logits.size());
    json.object();
    json.member("class_name", type);
    json.key("config");
    json.object();
    if (logits) json.member("from_logits", true);
    for (auto const& [key, value] : part.settings) {
        if (!with_settings) break;
        json.key(key);
        json.raw(value);
    }
    json.end();
    json.end();
}

/// [["dense", 0, 0], ...], or ["dense", 0, 0] where there is one.
[[gnu::cold]] inline void write_ends(JsonText& json, KerasGraph const& graph,
                                     std::vector<KerasLayer::Source> const& ends) {
    bool const many = ends.size() != 1;
    if (many) json.array();
    for (auto const& e : ends) {
        json.array();
        json.value(graph.layers[e.layer].name);
        json.value(e.call);
        json.value(0);
        json.end();
    }
    if (many) json.end();
}

/// How the tensors of a call are handed to a layer: which of those that it reads, by name.
struct KerasArgument {
    std::string name; // "" for the first of them
    std::vector<std::size_t> inputs;
    bool list = false;
};
[[gnu::cold]] inline std::vector<KerasArgument> keras_arguments(Part const& part,
                                                                std::size_t inputs) {
    std::vector<KerasArgument> out{{"", {0}}};
    if (part.type == "MultiHeadAttention") {
        bool const masked = part.find("call.attention_mask") || part.find("additive_mask");
        std::size_t const sequences = inputs - masked;
        out.push_back({"value", {sequences > 1 ? 1u : 0u}});
        if (sequences > 2) out.push_back({"key", {2}});
        if (masked) out.push_back({"attention_mask", {sequences}});
        return out;
    }
    bool const states = is_recurrent(part) && inputs > 1;
    if (states) out.push_back({"initial_state", {}, true});
    for (std::size_t i = 1; i < inputs; ++i) out.back().inputs.push_back(i);
    out[0].list = out[0].inputs.size() > 1;
    return out;
}

/// What a call reads, as Keras writes its tensors.
[[gnu::cold]] inline void write_call(JsonText& json, KerasGraph const& graph,
                                     Document const& document, KerasLayer const& layer,
                                     std::vector<KerasLayer::Source> const& reads) {
    auto const& part = document.layers[layer.rows[0]].part;
    auto const tensor = [&](KerasLayer::Source const& r) {
        auto const& from = document.layers[graph.layers[r.layer].row];
        json.object();
        json.member("class_name", "__keras_tensor__");
        json.key("config");
        json.object();
        json.key("shape");
        json.array();
        json.null();
        for (auto const d : from.output) json.value(d);
        json.end();
        json.member("dtype", from.integer ? "int32" : "float32");
        json.key("keras_history");
        json.array();
        json.value(graph.layers[r.layer].name);
        json.value(r.call);
        json.value(0);
        json.end();
        json.end();
        json.end();
    };
    auto const argument = [&](KerasArgument const& a) {
        if (a.list) json.array();
        for (auto const i : a.inputs) tensor(reads[i]);
        if (a.list) json.end();
    };
    auto const all = keras_arguments(part, reads.size());
    json.object();
    json.key("args");
    json.array();
    if (!reads.empty()) argument(all[0]);
    json.end();
    json.key("kwargs");
    json.object();
    for (std::size_t i = 1; i < all.size(); ++i) {
        json.key(all[i].name);
        argument(all[i]);
    }
    constexpr std::string_view prefix = "call.";
    for (auto const& [name, value] : part.settings) {
        if (!name.starts_with(prefix) || name == "call.attention_mask") continue;
        json.key(name.substr(prefix.size()));
        json.raw(value);
    }
    json.end();
    json.end();
}

} // namespace detail

/// The attribute `model_config`: what Keras rebuilds the model from. Layers that Keras does not
/// have go under their own class name with their own options.
/// Source: keras/src/models/sequential.py and functional.py, get_config; files of Keras 3.16.
[[gnu::cold]] inline std::string keras_model_config(Document const& document,
                                                    KerasGraph const& graph) {
    JsonText json;
    json.object();
    json.member("class_name", graph.sequential ? "Sequential" : "Functional");
    json.key("config");
    json.object();
    json.member("name", graph.sequential ? "sequential" : "functional");
    json.member("trainable", true);
    json.key("layers");
    json.array();
    for (auto const& layer : graph.layers) {
        json.object();
        detail::KerasLayerConfig(json, document, layer).write();
        if (!graph.sequential) {
            json.member("name", layer.name);
            json.key("inbound_nodes");
            json.array();
            for (auto const& call : layer.calls)
                detail::write_call(json, graph, document, layer, call);
            json.end();
        }
        json.end();
    }
    json.end();
    if (graph.sequential) {
        json.key("build_input_shape");
        json.array();
        json.null();
        for (auto const d : document.layers[0].output) json.value(d);
        json.end();
    } else {
        json.key("input_layers");
        detail::write_ends(json, graph, graph.inputs);
        json.key("output_layers");
        detail::write_ends(json, graph, graph.outputs);
    }
    json.end();
    json.end();
    return std::move(json).text();
}

/// The attribute `training_config`: what Keras compiles the model with. Metrics that Keras does not
/// have are left out.
[[gnu::cold]] inline std::string keras_training_config(Document const& document) {
    constexpr std::array metrics{"BinaryAccuracy",
                                 "Precision",
                                 "Recall",
                                 "AUC",
                                 "MeanSquaredError",
                                 "MeanAbsoluteError",
                                 "RootMeanSquaredError",
                                 "R2Score",
                                 "MeanAbsolutePercentageError",
                                 "CosineSimilarity",
                                 "BinaryCrossentropy",
                                 "CategoricalCrossentropy",
                                 "SparseCategoricalCrossentropy",
                                 "KLDivergence",
                                 "Poisson",
                                 "LogCoshError",
                                 "Hinge",
                                 "SquaredHinge",
                                 "CategoricalHinge"};
    JsonText json;
    json.object();
    json.key("loss");
    if (document.losses.size() != 1) json.array();
    for (auto const& loss : document.losses) detail::write_part(json, loss, true);
    if (document.losses.size() != 1) json.end();
    json.key("loss_weights");
    if (document.loss_weights.empty()) {
        json.null();
    } else {
        json.array();
        for (float const w : document.loss_weights) json.value(w);
        json.end();
    }
    json.key("metrics");
    json.array();
    if (document.losses.size() == 1) { // Keras wants them by output where there are several
        for (auto const& metric : document.metrics) {
            if (metric.type == "Accuracy") json.value("accuracy");
            else if (std::find(metrics.begin(), metrics.end(), metric.type) != metrics.end())
                detail::write_part(json, metric, metric.type == "BinaryAccuracy");
        }
    }
    json.end();
    json.key("weighted_metrics");
    json.null();
    json.member("run_eagerly", false);
    json.member("steps_per_execution", 1);
    json.key("optimizer_config");
    write_keras_optimizer(json, document);
    json.end();
    return std::move(json).text();
}

} // namespace lamina
