// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/data/json_writer.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/keras_layer.hpp>
#include <lamina/io/keras_objects.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// How the layers of a Keras model are called, in JSON.
namespace lamina::detail {

/// [["dense", 0, 0], ...], or ["dense", 0, 0] where there is one.
[[gnu::cold]] inline void write_ends(JsonWriter& json, KerasGraph const& graph,
                                     List<KerasLayer::Source> const& ends) {
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
[[gnu::cold]] inline List<KerasArgument> keras_arguments(Part const& part, std::size_t inputs) {
    List<KerasArgument> out;
    auto const add = [&](char const* name, std::size_t input) {
        KerasArgument& argument = out.emplace_back();
        argument.name = name;
        argument.inputs.push_back(input);
    };
    add("", 0);
    if (part.type == "MultiHeadAttention") {
        bool const masked = part.find("call.attention_mask") || part.find("additive_mask");
        std::size_t const sequences = inputs - masked;
        add("value", sequences > 1);
        if (sequences > 2) add("key", 2);
        if (masked) add("attention_mask", sequences);
        return out;
    }
    bool const states = is_recurrent(part) && inputs > 1;
    if (states) {
        KerasArgument& argument = out.emplace_back();
        argument.name = "initial_state";
        argument.list = true;
    }
    for (std::size_t i = 1; i < inputs; ++i) out.back().inputs.push_back(i);
    out[0].list = out[0].inputs.size() > 1;
    return out;
}

/// What a call reads, as Keras writes its tensors.
[[gnu::cold]] inline void write_call(JsonWriter& json, KerasGraph const& graph,
                                     Document const& document, KerasLayer const& layer,
                                     List<KerasLayer::Source> const& reads) {
    auto const& part = document.layers[layer.rows[0]].part;
    auto const tensor = [&](KerasLayer::Source const& r) {
        auto const& from = document.layers[graph.layers[r.layer].row];
        json.object();
        json.member("class_name", "__keras_tensor__");
        json.key("config");
        json.object();
        json.key("shape");
        write_keras_shape(json, from.output);
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

} // namespace lamina::detail
