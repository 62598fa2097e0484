// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/data/json_writer.hpp>
#include <lamina/graph/names.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/keras_call.hpp>
#include <lamina/io/keras_layer.hpp>
#include <lamina/io/keras_objects.hpp>
#include <lamina/io/keras_variables.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina::detail {

/// {"class_name": "Dense", "config": {"name": ..., ...}} for one layer; its caller ends the object.
class KerasLayerConfig {
public:
    [[gnu::cold]] KerasLayerConfig(JsonWriter& json, KerasForm form, Document const& document,
                                   KerasGraph const& graph, KerasLayer const& layer)
        : json_(json), form_(form), row_(document.layers[layer.row]), document_(document),
          graph_(graph), layer_(layer) {}

    [[gnu::cold]] void write() {
        std::string const type = keras_class(document_, layer_);
        bool const archive = form_ == KerasForm::archive;
        open_keras_object(json_, form_, keras_layer_module(type),
                          archive ? keras_export_name(type) : type);
        json_.member("name", layer_.name);
        if (row_.inputs.empty()) {
            write_input();
        } else {
            // Keras' spatial dropout refuses what every other layer takes
            if (!type.starts_with("SpatialDropout")) json_.member("trainable", row_.trainable);
            write_keras_dtype(json_, form_, dtype());
            if (type == "Activation") json_.member("activation", keras_activation(row_.part));
            else if (type == "Bidirectional") write_bidirectional();
            else if (type == "PReLU") write_prelu();
            else write_options(row_.part, layer_.row);
        }
        close_keras_config(json_, form_, keras_registered_name(type));
        if (archive && !is_built_at_once(type)) write_build(type);
    }

private:
    using Shape = std::vector<std::uint64_t>;

    [[gnu::cold]] std::string dtype() const {
        if (row_.integer) return "int32";
        auto const& parameters = document_.parameters;
        return std::string(name_of(parameters.empty() ? DType::f32 : parameters[0].dtype));
    }
    [[gnu::cold]] void write_input() {
        json_.key("batch_shape");
        write_keras_shape(json_, row_.output);
        json_.member("dtype", dtype());
        json_.member("sparse", false);
    }
    /// A part's options are called as in Keras. The window of a separable convolution is that of
    /// its first half.
    [[gnu::cold]] void write_options(Part const& part, std::size_t row) {
        bool const separable = layer_.kind == KerasLayer::Kind::separable;
        auto const* const window = separable ? &document_.layers[layer_.rows[0]].part : nullptr;
        for (auto const& [name, value] : part.settings) {
            if (name.starts_with("call.") || is_penalty(name)) continue;
            if (window && window->find(name) && name != "activation" && name != "use_bias")
                continue;
            bool const counted = name == "axes" && part.type != "Dot";
            json_.key(counted ? "axis" : std::string_view(name));
            if (name == "activation" && &part == &row_.part) json_.value(layer_.activation);
            else if (counted) json_.raw(last_axes(value));
            else json_.raw(value);
        }
        for (std::size_t i = 0; window && i < window->settings.size(); ++i) {
            auto const& [name, value] = window->settings[i];
            if (name == "activation" || name == "use_bias" || is_penalty(name)) continue;
            json_.key(name);
            json_.raw(value);
        }
        for (auto const& inner : part.parts) write_inner(inner, inner.role, row);
        if (part.type == "TimeDistributed") return; // its tensors are those of the layer within
        if (window) write_initializers(*window, layer_.rows[0], "depthwise");
        write_initializers(part, row, separable ? "pointwise" : "");
        if (window) write_regularizer(*window, "kernel", "depthwise");
        bool const depthwise = part.type.starts_with("Depthwise");
        write_regularizer(part, "kernel",
                          separable   ? "pointwise"
                          : depthwise ? "depthwise"
                                      : "kernel");
        write_regularizer(part, "recurrent", "recurrent");
    }
    /// Which Keras has as an object.
    [[gnu::cold]] static bool is_penalty(std::string_view name) {
        return name.ends_with("_l1") || name.ends_with("_l2");
    }
    /// "[-2, -1]" of "2".
    [[gnu::cold]] static std::string last_axes(std::string const& count) {
        std::string axes = "[";
        for (std::size_t n = std::stoul(count); n > 0; --n)
            axes += message({"-", n, n > 1 ? ", " : "]"});
        return axes;
    }
    /// A layer or an activation within another.
    [[gnu::cold]] void write_inner(Part const& part, std::string const& role, std::size_t row) {
        json_.key(role);
        if (auto const activation = keras_activation(part); !activation.empty())
            return json_.value(activation);
        write_layer_within(part, message({layer_.name, ".", role}), row);
    }
    /// It says its module in both forms.
    [[gnu::cold]] void write_layer_within(Part const& part, std::string const& name,
                                          std::size_t row) {
        open_keras_object(json_, KerasForm::archive, keras_layer_module(part.type),
                          keras_export_name(part.type));
        json_.member("name", name);
        write_options(part, row);
        close_keras_config(json_, KerasForm::archive, keras_registered_name(part.type));
        json_.end();
    }
    [[gnu::cold]] void write_bidirectional() {
        json_.member("merge_mode", keras_merge_mode(row_.part.type));
        for (std::size_t const back : {0u, 1u}) {
            auto const& part = document_.layers[layer_.rows[back]].part;
            json_.key(back ? "backward_layer" : "layer");
            write_layer_within(part,
                               message({back ? "backward_" : "forward_", snake_case(part.type)}),
                               layer_.rows[back]);
        }
    }
    [[gnu::cold]] void write_prelu() {
        json_.key("shared_axes");
        json_.array();
        for (std::size_t axis = 1; axis < row_.output.size(); ++axis) json_.value(axis);
        json_.end();
        write_initializers(row_.part, layer_.row, "");
    }

    /// "kernel_initializer": {...}, of keras.initializers.
    [[gnu::cold, gnu::noinline]] void write_object(std::string_view of, std::string_view what,
                                                   Part const& part) {
        json_.key(message({of, what}));
        write_keras_object(json_, message({"keras.", what.substr(1), "s"}), part);
    }
    /// How weights begin and what they obey; `kernel`: what Keras calls a kernel that has another
    /// name there.
    [[gnu::cold]] void write_initializers(Part const& part, std::size_t row,
                                          std::string_view kernel) {
        auto const& type = part.type;
        if (!is_keras_layer(type) || type == "RMSNormalization") return; // they take none
        List<std::string> written;
        for (auto const& start : document_.layers[row].initializers) {
            std::string name = start.role;
            if (type == "MultiHeadAttention") name.erase(0, name.find('_') + 1);
            if (name == "kernel" && type.starts_with("Depthwise")) name = "depthwise";
            if (name == "kernel" && !kernel.empty()) name = kernel;
            if (name == "recurrent_kernel") name = "recurrent";
            for (auto const& constraint : start.parts)
                write_object(name, "_constraint", constraint);
            bool done = start.type.empty();
            for (auto const& before : written) done = done || before == name;
            if (done) continue;
            written.push_back(name);
            write_object(name, "_initializer", start);
        }
    }
    /// "kernel_regularizer": {...} of kernel_l1 and kernel_l2; `kernel` as above.
    [[gnu::cold]] void write_regularizer(Part const& part, std::string_view of,
                                         std::string_view kernel) {
        auto const* const l1 = part.find(message({of, "_l1"}));
        auto const* const l2 = part.find(message({of, "_l2"}));
        if (!l1 || !l2 || (*l1 == "0.0" && *l2 == "0.0")) return;
        Part regularizer{.type = "L1L2"};
        regularizer.settings.emplace_back("l1", *l1);
        regularizer.settings.emplace_back("l2", *l2);
        write_object(kernel, "_regularizer", regularizer);
    }

    /// "build_config": the shapes that the layer was built on, at its first call.
    [[gnu::cold]] void write_build(std::string_view type) {
        auto const& reads = layer_.calls[0];
        List<Shape> shapes;
        for (auto const& r : reads)
            shapes.push_back(document_.layers[graph_.layers[r.layer].row].output);
        auto const all = keras_arguments(document_.layers[layer_.rows[0]].part, reads.size());
        bool const attention =
            type == "MultiHeadAttention" || type == "GroupedQueryAttention"; // query, value, key
        if (!attention && all.size() > 1) return;
        json_.key("build_config");
        json_.object();
        if (attention) {
            json_.key("shapes_dict");
            json_.object();
            for (auto const& a : all) {
                if (a.name == "attention_mask") continue;
                json_.key(message({a.name.empty() ? "query" : a.name, "_shape"}));
                write_keras_shape(json_, shapes[a.inputs[0]]);
            }
            json_.end();
        } else {
            json_.key("input_shape");
            if (all[0].list) json_.array();
            for (auto const& shape : shapes) write_keras_shape(json_, shape);
            if (all[0].list) json_.end();
        }
        json_.end();
    }

    JsonWriter& json_;
    KerasForm form_;
    LayerRecord const& row_;
    Document const& document_;
    KerasGraph const& graph_;
    KerasLayer const& layer_;
};

} // namespace lamina::detail
