// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/data/json_writer.hpp>
#include <lamina/graph/names.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/loaded.hpp>
#include <lamina/io/model_view.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina::detail {

/// "Dense" of "Dense<64>", "Normalization" of "detail::Normalization<...>".
[[gnu::cold]] inline std::string class_name(std::string_view type) {
    type = type.substr(0, type.find('<'));
    if (auto const at = type.rfind(':'); at != type.npos) type.remove_prefix(at + 1);
    return std::string(type);
}
/// Collects what describe() tells, each value as JSON.
[[gnu::cold]] inline void add_setting(void* to, std::string_view name,
                                      Settings::Value const& value) {
    using Kind = Settings::Kind;
    Part& part = *static_cast<Part*>(to);
    JsonWriter text;
    switch (value.kind) {
    case Kind::flag:
        text.value(value.number != 0);
        break;
    case Kind::whole:
        text.value(std::int64_t(value.number));
        break;
    case Kind::single_precision:
        text.value(float(value.number));
        break;
    case Kind::double_precision:
        text.value(value.number);
        break;
    case Kind::text:
        text.value(value.text);
        break;
    case Kind::list:
        text.array();
        for (std::size_t i = 0; i < value.size; ++i) {
            if (value.width && i % value.width == 0) text.array();
            text.value(value.list[i]);
            if (value.width && (i + 1) % value.width == 0) text.end();
        }
        text.end();
        break;
    case Kind::object:
        Part& inner = part.parts.emplace_back();
        inner.type = class_name(value.text);
        inner.role = name;
        return value.describe(value.object, Settings{&inner, &add_setting});
    }
    part.settings.emplace_back(std::string(name), std::move(text).text());
}
[[gnu::cold]] inline Part part_of(PartView const& view) {
    Part part{.type = class_name(view.type)};
    view.describe(view.object, Settings{&part, &add_setting});
    return part;
}

/// What describes itself with a class_name.
[[gnu::cold]] inline void take_class_name(Part& part) {
    if (part.settings.empty()) return;
    std::string const& quoted = part.settings[0].value;
    part.type = quoted.substr(1, quoted.size() - 2);
    List<NamedValue> rest;
    for (std::size_t i = 1; i < part.settings.size(); ++i)
        rest.push_back(std::move(part.settings[i]));
    part.settings = std::move(rest);
}

/// Is every row the only reader of the one before it?
[[gnu::cold]] inline bool is_chain(Document const& d) {
    if (d.inputs.size() != 1 || d.outputs.size() != 1 || d.outputs[0] + 1 != d.layers.size())
        return false;
    for (std::size_t i = 1; i < d.layers.size(); ++i) {
        auto const& row = d.layers[i];
        if (row.inputs.size() != 1 || row.inputs[0] + 1 != i || row.owner != i) return false;
    }
    return true;
}
/// A row without a name gets one; none is given twice.
[[gnu::cold]] inline void make_unique(List<std::string>& paths, std::size_t i) {
    if (paths[i].empty()) paths[i] = "layer";
    std::string const name = paths[i];
    for (std::size_t k = 0, other = 0; other < i; ++other) {
        if (paths[other] != paths[i]) continue;
        paths[i] = message({name, "_", ++k});
        other = std::size_t(-1); // look again from the first
    }
}

/// By push_back alone: vector's assign() is one function more for each kind of number.
template <class N>
[[gnu::cold]] void add_each(std::vector<std::size_t>& to, N const* from, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) to.push_back(std::size_t(from[i]));
}

/// The document of a model, or of weights alone. One body for all models of a scalar.
template <class T>
[[gnu::cold]] Document document_of(ModelView<T> const& v) {
    Document d;
    Paths const path(v.rows, int(v.size), v.scopes, v.scope_count);
    List<std::string> paths;
    for (std::size_t i = 0; i < v.size; ++i) paths.push_back(path[int(i)]);
    for (std::size_t i = 0; i < v.size; ++i) {
        auto const& row = v.rows[i];
        auto const& op = *row.op;
        LayerRecord& record = d.layers.emplace_back();
        add_each(record.output, op.output.dims, op.output.rank);
        record.integer = op.integer;
        record.owner = std::size_t(row.owner);
        record.trainable = !row.frozen;
        add_each(record.inputs, row.inputs, std::size_t(row.arity));
        if (row.arity == 0) {
            record.part.type = "InputLayer";
            d.inputs.push_back(i);
            continue;
        }
        make_unique(paths, i);
        record.path = paths[i];
        record.part.type = class_name(op.type);
        op.describe(v.layers + row.layer, Settings{&record.part, &add_setting});
        if (record.owner != i) continue;
        auto const add = [&](TensorInfo<T> const* tensor, std::size_t count, T const* numbers,
                             List<Entry>& to, std::vector<std::size_t>& list) {
            for (; count > 0; --count, numbers += tensor++->extents.size) {
                auto const& e = tensor->extents;
                list.push_back(to.size());
                Entry& entry = to.emplace_back();
                entry.name.append(record.path).append("/").append(tensor->name);
                add_each(entry.shape, e.dims, e.rank);
                entry.dtype = dtype_of<T>();
                entry.data = numbers;
                Part& start = record.initializers.emplace_back();
                start.role = tensor->name;
                tensor->describe(Settings{&start, &add_setting});
                take_class_name(start);
            }
        };
        auto const& at = v.places[i];
        add(op.parameter_tensors, op.parameter_count, v.values + at.parameters, d.parameters,
            record.parameters);
        add(op.state_tensors, op.state_count, v.state + at.state, d.state, record.state);
    }
    add_each(d.outputs, v.outputs, std::size_t(v.output_count));
    d.sequential = is_chain(d);
    if (!v.parts) return d;

    d.compiled = true;
    d.optimizer = part_of(v.parts[0]);
    d.learning_rate = v.learning_rate;
    for (std::size_t k = 0; k < v.losses; ++k) d.losses.push_back(part_of(v.parts[1 + k]));
    for (std::size_t k = 0; k < v.metrics; ++k)
        d.metrics.push_back(part_of(v.parts[1 + v.losses + k]));
    for (std::size_t k = 0; k < v.losses; ++k)
        if (v.loss_weights[k] != 1)
            d.loss_weights.assign(v.loss_weights, v.loss_weights + v.losses);
    d.slot_count = v.parameters ? v.slot_numbers / v.parameters : 0;
    for (auto const& p : d.parameters)
        for (std::size_t k = 0; k < d.slot_count; ++k)
            d.slots.emplace_back(message({p.name, "/", k}), p.shape, p.dtype,
                                 v.slots + k * v.parameters +
                                     (static_cast<T const*>(p.data) - v.values));
    auto const& progress = *v.progress;
    auto const count = [&](char const* name, std::uint64_t value) {
        d.counters.emplace_back(name, value);
    };
    count("steps", progress.steps);
    count("seed", progress.seed);
    count("epoch", progress.epoch);
    count("batch", progress.batch);
    count("learning_rate_bits", std::bit_cast<std::uint64_t>(progress.learning_rate));
    d.scaling = Scaling(*v.scaling);
    return d;
}

/// Puts what was read where it belongs. Nothing here can fail.
template <class T>
[[gnu::cold]] void assign(ModelView<T> const& v, ModelTarget<T> const& to, Document const& d,
                          Loaded& loaded) {
    auto const copy = [](List<Entry> const& entries, List<Loaded::Numbers> const& from,
                         T const* old, T* fresh) {
        for (std::size_t i = 0; i < from.size(); ++i)
            if (from[i].bytes)
                std::memcpy(fresh + (static_cast<T const*>(entries[i].data) - old),
                            from[i].bytes.get(), entries[i].bytes());
    };
    copy(d.parameters, loaded.parameters, v.values, to.values);
    copy(d.state, loaded.state, v.state, to.state);
    copy(d.slots, loaded.slots, v.slots, to.slots);
    for (auto const& c : loaded.counters) {
        if (c.name == "steps") to.progress->steps = c.value;
        if (c.name == "seed") to.progress->seed = c.value;
        if (c.name == "epoch") to.progress->epoch = std::size_t(c.value);
        if (c.name == "batch") to.progress->batch = std::size_t(c.value);
        if (c.name == "learning_rate_bits") {
            auto const rate = std::bit_cast<double>(c.value);
            to.progress->learning_rate = rate > 0 && rate < 1e300 ? rate : 0;
        }
    }
    if (loaded.scaling && to.scaling) *to.scaling = std::move(*loaded.scaling);
}

} // namespace lamina::detail
