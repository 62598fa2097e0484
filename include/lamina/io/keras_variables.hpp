// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/graph/names.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/keras_layer.hpp>
#include <lamina/io/words.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What Keras calls its layers' classes and variables, in both of its HDF5 layouts.
namespace lamina {

namespace detail {

/// What Keras calls a layer's class.
[[gnu::cold]] inline std::string keras_class(Document const& document, KerasLayer const& layer) {
    auto const& row = document.layers[layer.row];
    auto const& part = row.part;
    if (row.inputs.empty()) return "InputLayer";
    if (layer.kind == KerasLayer::Kind::bidirectional) return "Bidirectional";
    if (layer.kind == KerasLayer::Kind::separable)
        return message({"SeparableConv", std::string_view(part.type).substr(part.type.size() - 2)});
    if (part.find("num_key_value_heads")) return "GroupedQueryAttention";
    bool const function =
        !is_among("ReLU LeakyReLU ELU Softmax", part.type) && !keras_activation(part).empty();
    return function ? "Activation" : part.type;
}

/// The shape that Keras gives a layer's tensor. PReLU's slopes are shared along all axes but the
/// last, which Keras counts as axes of length 1.
[[gnu::cold]] inline std::vector<std::uint64_t> keras_shape(LayerRecord const& layer,
                                                            Entry const& e) {
    if (layer.part.type != "PReLU") return e.shape;
    std::vector<std::uint64_t> shape(layer.output.size(), 1);
    shape.back() = e.shape.back();
    return shape;
}

/// "sequential/lstm/lstm_cell/kernel": what Keras calls a variable of one of a layer's rows.
[[gnu::cold]] inline std::string keras_variable(Document const& document, KerasGraph const& graph,
                                                KerasLayer const& layer, std::size_t row,
                                                Entry const& entry) {
    auto const& part = document.layers[row].part;
    std::string const type = detail::snake_case(part.type);
    std::string_view leaf = entry.name;
    leaf.remove_prefix(leaf.rfind('/') + 1); // npos + 1 is 0
    std::string path = message({graph.sequential ? "sequential/" : "", layer.name, "/"});
    if (layer.kind == KerasLayer::Kind::bidirectional)
        append(path, {row == layer.rows[0] ? "forward_" : "backward_", type, "/"});
    if (layer.kind == KerasLayer::Kind::separable && leaf == "kernel")
        leaf = row == layer.row ? "pointwise_kernel" : "depthwise_kernel";
    if (is_recurrent(part)) append(path, {type, "_cell/"});
    if (part.type == "MultiHeadAttention") { // query_kernel is the kernel of its layer query
        auto const at = leaf.find('_');
        auto const inner = leaf.substr(0, at);
        append(path, {inner == "output" ? "attention_output" : inner, "/"});
        leaf.remove_prefix(at + 1);
    }
    path += leaf;
    return path;
}

/// "adam" for Adam: what Keras calls the optimizer's variables after.
[[gnu::cold]] inline std::string keras_optimizer_name(Part const& optimizer) {
    std::string name = optimizer.type == "AMSGrad" ? "Adam" : optimizer.type;
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
    return name;
}

} // namespace detail

/// A variable's place in a .weights.h5 file.
struct KerasVariable {
    std::string path; ///< of its group: "layers/lstm_1/cell/vars"
    std::string name; ///< there: "0"
    std::size_t layer = 0, row = 0;
    bool state = false;
    std::size_t entry = 0; ///< of Document::parameters or Document::state
};

/// "layers/conv2d_1" of each layer, counted by classes, not by the layers' names.
/// Source: keras/src/saving/saving_lib.py, _save_container_state
[[gnu::cold]] inline detail::List<std::string> keras_objects(Document const& document,
                                                             KerasGraph const& graph) {
    detail::List<std::string> out, classes;
    for (auto const& layer : graph.layers) {
        std::string const its = detail::snake_case(detail::keras_class(document, layer));
        std::size_t before = 0;
        for (auto const& other : classes) before += other == its;
        classes.push_back(its);
        std::string& path = out.emplace_back(detail::message({"layers/", its}));
        if (before > 0) detail::append(path, {"_", before});
    }
    return out;
}

/// All variables as a .weights.h5 file has them.
[[gnu::cold]] inline detail::List<KerasVariable> keras_variables(Document const& document,
                                                                 KerasGraph const& graph) {
    using Kind = KerasLayer::Kind;
    auto const objects = keras_objects(document, graph);
    detail::List<KerasVariable> out;
    for (std::size_t k = 0; k < graph.layers.size(); ++k) {
        auto const& layer = graph.layers[k];
        std::size_t number = 0;
        for (auto const i : layer.rows) {
            auto const& row = document.layers[i];
            std::string path = objects[k];
            if (layer.kind == Kind::bidirectional)
                path += i == layer.rows[0] ? "/forward_layer" : "/backward_layer";
            if (row.part.type == "TimeDistributed") path += "/layer";
            if (detail::is_recurrent(row.part)) path += "/cell";
            if (layer.kind != Kind::separable) number = 0;
            auto const add = [&](bool state, std::size_t entry) {
                auto const& e = state ? document.state[entry] : document.parameters[entry];
                std::string its = path;
                std::size_t place = number++;
                if (row.part.type == "MultiHeadAttention") { // its maps are objects of their own
                    auto const leaf = std::string_view(e.name).substr(e.name.rfind('/') + 1);
                    bool const grouped = row.part.find("num_key_value_heads") != nullptr;
                    detail::append(
                        its, {grouped ? "/_" : "/", leaf.substr(0, leaf.find('_')), "_dense"});
                    place = leaf.ends_with("_bias");
                }
                its += "/vars";
                out.emplace_back(std::move(its), detail::message({place}), k, i, state, entry);
            };
            for (auto const p : row.parameters) add(false, p);
            for (auto const p : row.state) add(true, p);
        }
    }
    return out;
}

} // namespace lamina
