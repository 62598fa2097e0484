// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/data/json_writer.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/keras_call.hpp>
#include <lamina/io/keras_layer.hpp>
#include <lamina/io/keras_layer_config.hpp>
#include <lamina/io/keras_objects.hpp>
#include <lamina/io/keras_optimizer.hpp>
#include <lamina/io/words.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

namespace detail {

/// {"class_name": "Huber", "config": {"delta": 1.0}}: a loss or a metric.
[[gnu::cold]] inline void write_part(JsonWriter& json, KerasForm form, std::string_view module,
                                     Part const& part, bool with_settings) {
    constexpr std::string_view from_logits = "FromLogits";
    std::string type = part.type;
    bool const logits = type.ends_with(from_logits);
    if (logits) type.resize(type.size() - from_logits.size());
    open_keras_object(json, form, module, type);
    if (logits) json.member("from_logits", true);
    for (auto const& [key, value] : part.settings) {
        if (!with_settings) break;
        json.key(key);
        json.raw(value);
    }
    close_keras_config(json, form);
    json.end();
}

/// The model's class and options; its caller ends the object.
[[gnu::cold]] inline void write_model(JsonWriter& json, KerasForm form, Document const& document,
                                      KerasGraph const& graph) {
    bool const chain = graph.sequential;
    open_keras_object(json, form, chain ? "keras" : "keras.src.models.functional",
                      chain ? "Sequential" : "Functional");
    json.member("name", chain ? "sequential" : "functional");
    json.member("trainable", true);
    json.key("layers");
    json.array();
    for (auto const& layer : graph.layers) {
        KerasLayerConfig(json, form, document, graph, layer).write();
        if (!chain) {
            json.member("name", layer.name);
            json.key("inbound_nodes");
            json.array();
            for (auto const& call : layer.calls) write_call(json, graph, document, layer, call);
            json.end();
        }
        json.end();
    }
    json.end();
    if (chain) {
        json.key("build_input_shape");
        write_keras_shape(json, document.layers[0].output);
    } else {
        json.key("input_layers");
        write_ends(json, graph, graph.inputs);
        json.key("output_layers");
        write_ends(json, graph, graph.outputs);
    }
    close_keras_config(json, form, chain ? "" : "Functional");
}

/// What Keras compiles the model with, as members of an object. Metrics that Keras does not have
/// are left out.
[[gnu::cold]] inline void write_compilation(JsonWriter& json, KerasForm form,
                                            Document const& document) {
    constexpr std::string_view metrics =
        "AUC BinaryAccuracy BinaryCrossentropy CategoricalCrossentropy CategoricalHinge "
        "CosineSimilarity Hinge KLDivergence LogCoshError MeanAbsoluteError "
        "MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson "
        "Precision PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError "
        "SensitivityAtSpecificity SparseCategoricalCrossentropy SpecificityAtSensitivity "
        "SquaredHinge";
    json.key("loss");
    if (document.losses.size() != 1) json.array();
    for (auto const& loss : document.losses) write_part(json, form, "keras.losses", loss, true);
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
            else if (is_among(metrics, metric.type))
                write_part(json, form, "keras.metrics", metric, metric.type == "BinaryAccuracy");
        }
    }
    json.end();
    json.key("weighted_metrics");
    json.null();
    json.member("run_eagerly", false);
    json.member("steps_per_execution", 1);
}

} // namespace detail

/// The attribute `model_config` of an .h5 file: what Keras rebuilds the model from. Layers that
/// Keras does not have go under their own class name with their own options.
/// Source: keras/src/models/sequential.py and functional.py, get_config; files of Keras 3.16.
[[gnu::cold]] inline std::string keras_model_config(Document const& document,
                                                    KerasGraph const& graph) {
    detail::JsonWriter json;
    detail::write_model(json, KerasForm::hdf5, document, graph);
    json.end();
    return std::move(json).text();
}

/// The attribute `training_config` of an .h5 file.
[[gnu::cold]] inline std::string keras_training_config(Document const& document) {
    detail::JsonWriter json;
    json.object();
    detail::write_compilation(json, KerasForm::hdf5, document);
    json.key("optimizer_config");
    write_keras_optimizer(json, KerasForm::hdf5, document);
    json.end();
    return std::move(json).text();
}

/// config.json of a .keras archive: the model, how it was built and, if it is known to Keras, how
/// it is trained. Source: keras/src/saving/saving_lib.py; files of Keras 3.16.
[[gnu::cold]] inline std::string keras_archive_config(Document const& document,
                                                      KerasGraph const& graph, bool compiled) {
    detail::JsonWriter json;
    detail::write_model(json, KerasForm::archive, document, graph);
    json.key("build_config");
    json.object();
    json.key("input_shape");
    if (graph.sequential) detail::write_keras_shape(json, document.layers[0].output);
    else json.null();
    json.end();
    if (compiled) {
        json.key("compile_config");
        json.object();
        json.key("optimizer");
        write_keras_optimizer(json, KerasForm::archive, document);
        detail::write_compilation(json, KerasForm::archive, document);
        json.member("jit_compile", "auto"); // Keras decides where it runs
        json.end();
    }
    json.end();
    return std::move(json).text();
}

} // namespace lamina
