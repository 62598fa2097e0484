// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/io/document.hpp>
#include <lamina/io/json_text.hpp>
#include <lamina/io/keras_graph.hpp>
#include <lamina/io/keras_optimizer.hpp>

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
        json_.member("class_name", class_name());
        json_.key("config");
        json_.object();
        json_.member("name", layer_.name);
        if (row_.inputs.empty()) write_input();
        else write_layer();
        json_.end();
    }

private:
    std::string_view type() const { return row_.part.type; }
    /// An activation that Keras has as a function, without a layer of its own.
    [[gnu::cold]] bool is_activation() const {
        constexpr std::array layers{"ReLU", "LeakyReLU", "ELU", "Softmax"};
        return std::find(layers.begin(), layers.end(), type()) == layers.end() &&
               !keras_activation(row_.part).empty();
    }
    [[gnu::cold]] std::string class_name() const {
        if (row_.inputs.empty()) return "InputLayer";
        return is_activation() ? "Activation" : row_.part.type;
    }
    [[gnu::cold]] std::string dtype() const {
        if (row_.integer) return "int32";
        auto const& parameters = document_.parameters;
        return std::string(name_of(parameters.empty() ? DType::f32 : parameters[0].dtype));
    }
    [[gnu::cold]] bool has(std::string_view parameter) const {
        auto const ends = [&](std::size_t i) {
            std::string_view const name = document_.parameters[i].name;
            return name.substr(name.rfind('/') + 1) == parameter;
        };
        return std::any_of(row_.parameters.begin(), row_.parameters.end(), ends);
    }
    [[gnu::cold]] void setting(std::string_view name) {
        if (auto const* const value = row_.part.find(name)) {
            json_.key(name);
            json_.raw(*value);
        }
    }
    [[gnu::cold]] void shape(std::vector<std::uint64_t> const& dims) {
        for (auto const d : dims) json_.value(d);
    }

    [[gnu::cold]] void write_input() {
        json_.key("batch_shape");
        json_.array();
        json_.null();
        shape(row_.output);
        json_.end();
        json_.member("dtype", dtype());
        json_.member("sparse", false);
    }
    [[gnu::cold]] void write_layer() {
        json_.member("trainable", row_.trainable);
        json_.member("dtype", dtype());
        if (is_activation()) {
            json_.member("activation", keras_activation(row_.part));
        } else if (type() == "Dense") {
            json_.member("units", row_.output.back());
            json_.member("activation", layer_.activation);
            json_.member("use_bias", has("bias"));
            write_regularizer();
        } else if (type() == "Reshape") {
            json_.key("target_shape");
            json_.array();
            shape(row_.output);
            json_.end();
        } else if (type() == "BatchNormalization" || type() == "LayerNormalization") {
            json_.member("axis", -1);
            json_.member("center", has("beta"));
            json_.member("scale", has("gamma"));
            setting("momentum");
            setting("epsilon");
        } else if (type() == "Concatenate" || type() == "Softmax") {
            json_.member("axis", -1);
        } else if (type() == "PReLU") {
            json_.key("shared_axes");
            json_.array();
            for (std::size_t axis = 1; axis < row_.output.size(); ++axis) json_.value(axis);
            json_.end();
        } else { // its options are called as in Keras
            for (auto const& [name, value] : row_.part.settings) {
                json_.key(name);
                json_.raw(value);
            }
        }
    }
    [[gnu::cold]] void write_regularizer() {
        auto const* const l1 = row_.part.find("kernel_l1");
        auto const* const l2 = row_.part.find("kernel_l2");
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

/// What a call reads, as Keras writes its tensors.
[[gnu::cold]] inline void write_call(JsonText& json, KerasGraph const& graph,
                                     Document const& document,
                                     std::vector<KerasLayer::Source> const& reads) {
    json.object();
    json.key("args");
    json.array();
    if (reads.size() > 1) json.array();
    for (auto const& r : reads) {
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
    }
    if (reads.size() > 1) json.end();
    json.end();
    json.key("kwargs");
    json.object();
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
    json.member("class_name", document.sequential ? "Sequential" : "Functional");
    json.key("config");
    json.object();
    json.member("name", document.sequential ? "sequential" : "functional");
    json.member("trainable", true);
    json.key("layers");
    json.array();
    for (auto const& layer : graph.layers) {
        json.object();
        detail::KerasLayerConfig(json, document, layer).write();
        if (!document.sequential) {
            json.member("name", layer.name);
            json.key("inbound_nodes");
            json.array();
            for (auto const& call : layer.calls) detail::write_call(json, graph, document, call);
            json.end();
        }
        json.end();
    }
    json.end();
    if (document.sequential) {
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
