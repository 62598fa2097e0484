// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/settings.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/json_text.hpp>
#include <lamina/io/loaded.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/form.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina::detail {

/// Collects what describe() tells, each value as JSON.
inline void add_setting(void* to, std::string_view name, double value, Settings::Kind kind) {
    JsonText text;
    if (kind == Settings::Kind::flag) text.value(value != 0);
    else if (kind == Settings::Kind::whole) text.value(std::int64_t(value));
    else if (kind == Settings::Kind::single_precision) text.value(float(value));
    else text.value(value);
    static_cast<Part*>(to)->settings.emplace_back(std::string(name), std::move(text).text());
}
/// "Dense" of "Dense<64>", "Normalization" of "detail::Normalization<...>".
inline std::string class_name(std::string_view type) {
    type = type.substr(0, type.find('<'));
    if (auto const at = type.rfind("::"); at != type.npos) type.remove_prefix(at + 2);
    return std::string(type);
}
template <class X>
Part part_of(X const& object) {
    Part part{class_name(type_name<X>), {}};
    describe(object, Settings{&part, &add_setting});
    return part;
}

/// The rows of a network's table as records; one body for all networks of a scalar.
template <class T>
void add_rows(Document& to, Row<T> const* rows, int size, std::vector<std::string> paths,
              std::byte const* layers) {
    for (std::size_t i = 0; i < std::size_t(size); ++i) {   // a lambda has no name: give it one
        if (rows[i].arity == 0) continue;
        if (paths[i].empty()) paths[i] = "layer";
        std::string const name = paths[i];
        for (int k = 1; std::find(paths.begin(), paths.begin() + std::ptrdiff_t(i), paths[i]) !=
                        paths.begin() + std::ptrdiff_t(i); ++k)
            paths[i] = name + "_" + std::to_string(k);
    }
    for (std::size_t i = 0; i < std::size_t(size); ++i) {
        auto const& row = rows[i];
        auto const& op = *row.op;
        LayerRecord record;
        record.output.assign(op.output.dims, op.output.dims + op.output.rank);
        record.integer = op.integer;
        record.owner = std::size_t(row.owner);
        record.trainable = !row.frozen;
        for (int k = 0; k < row.arity; ++k) record.inputs.push_back(std::size_t(row.inputs[k]));
        if (row.arity == 0) {
            record.part.type = "InputLayer";
            to.inputs.push_back(i);
        } else {
            record.path = paths[i];
            record.part.type = class_name(op.type);
            op.describe(layers + row.layer, Settings{&record.part, &add_setting});
        }
        to.layers.push_back(std::move(record));
    }
}
/// Is every row the only reader of the one before it?
inline bool is_chain(Document const& d) {
    if (d.inputs.size() != 1 || d.outputs.size() != 1 || d.outputs[0] + 1 != d.layers.size())
        return false;
    for (std::size_t i = 1; i < d.layers.size(); ++i) {
        auto const& row = d.layers[i];
        if (row.inputs.size() != 1 || row.inputs[0] + 1 != i || row.owner != i) return false;
    }
    return true;
}

/// The document of a network and its numbers.
template <class N>
Document document_of(Weights<N> const& weights) {
    Document d;
    add_rows(d, N::table.data(), N::size, Weights<N>::paths(), weights.layers.data());
    for (int const o : N::graph.outputs) d.outputs.push_back(std::size_t(o));
    d.sequential = is_chain(d);
    using T = typename N::Scalar;
    auto const collect = [&](std::vector<Entry>& to, std::vector<std::size_t> LayerRecord::*list) {
        return [&d, &to, list](int row, std::string const&, TensorInfo<T> const& tensor,
                               T const* numbers) {
            auto& record = d.layers[std::size_t(row)];
            (record.*list).push_back(to.size());
            auto const& e = tensor.extents;
            to.push_back({record.path + "/" + std::string(tensor.name),
                          {e.dims, e.dims + e.rank}, dtype_of<T>(), numbers});
        };
    };
    weights.for_each_parameter(collect(d.parameters, &LayerRecord::parameters));
    weights.for_each_state(collect(d.state, &LayerRecord::state));
    return d;
}

/// An optimizer with the options that it shares with others, under Keras' names.
template <class O>
Part optimizer_part(O const& optimizer) {
    Part part = part_of(optimizer);
    Settings const settings{&part, &add_setting};
    if constexpr (requires { optimizer.clip.value; }) {
        settings("clipvalue", optimizer.clip.value);
        settings("clipnorm", optimizer.clip.norm);
        settings("global_clipnorm", optimizer.clip.global_norm);
    }
    if constexpr (requires { optimizer.average.momentum; })
        settings("ema_momentum", optimizer.average.momentum);
    if constexpr (requires { optimizer.form == Form::torch; })
        settings("torch_form", optimizer.form == Form::torch);
    return part;
}

template <class T>
void add_slots(Document& d, std::span<T const> slots, std::size_t parameters) {
    d.slot_count = parameters ? slots.size() / parameters : 0;
    std::size_t at = 0;   // of the parameter in its block
    for (auto const& p : d.parameters) {
        for (std::size_t k = 0; k < d.slot_count; ++k)
            d.slots.push_back({p.name + "/" + std::to_string(k), p.shape, p.dtype,
                               slots.data() + k * parameters + at});
        at += p.size();
    }
}

/// The document of a model: what it is trained with, too.
template <class D, class T, class Optimizer, class... L, class... Metrics>
Document document_of(Model<D, T, Optimizer, Losses<L...>, Metrics...> const& model) {
    Document d = document_of(model.weights);
    d.compiled = true;
    d.optimizer = optimizer_part(model.optimizer);
    d.learning_rate = model.optimizer.learning_rate.rate(model.progress.steps);
    add_slots(d, model.optimizer_state(), model.parameter_count);
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        auto const add = [&]<class Stated>(std::type_identity<Stated>, auto const& computed) {
            Part part = part_of(computed);
            part.type = class_name(type_name<Stated>);
            d.losses.push_back(std::move(part));
        };
        (add(std::type_identity<typename GivenLoss<L>::type>{}, leaf<K>(model.losses())), ...);
    }(std::index_sequence_for<L...>{});
    for (float const w : model.loss_weights()) d.loss_weights.push_back(w);
    if (std::all_of(d.loss_weights.begin(), d.loss_weights.end(), [](float w) { return w == 1; }))
        d.loss_weights.clear();
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        (d.metrics.push_back(part_of(GivenMetric<Metrics>::metric(leaf<K>(model.metrics)))), ...);
    }(std::index_sequence_for<Metrics...>{});
    auto const& p = model.progress;
    d.counters = {{"steps", p.steps}, {"seed", p.seed}, {"epoch", p.epoch}, {"batch", p.batch}};
    d.scaling = {model.scaling.names, model.scaling.offset, model.scaling.scale};
    return d;
}

/// Puts what was read where it belongs. Nothing here can fail.
template <class N>
void assign(Weights<N>& weights, Loaded const& loaded) {
    using T = typename N::Scalar;
    auto const copy = [](std::vector<Loaded::Numbers> const& from) {
        return [&from, i = std::size_t{0}](int, std::string const&, TensorInfo<T> const& tensor,
                                           T* numbers) mutable {
            if (auto const& bytes = from[i++].bytes)
                std::memcpy(numbers, bytes.get(), tensor.extents.size * sizeof(T));
        };
    };
    weights.for_each_parameter(copy(loaded.parameters));
    weights.for_each_state(copy(loaded.state));
}
template <class T>
void assign_slots(std::span<T> slots, Document const& d, Loaded const& loaded,
                  std::size_t parameters) {
    std::size_t at = 0, i = 0;
    for (auto const& p : d.parameters) {
        for (std::size_t k = 0; k < d.slot_count; ++k, ++i)
            if (auto const& bytes = loaded.slots[i].bytes)
                std::memcpy(slots.data() + k * parameters + at, bytes.get(), p.bytes());
        at += p.size();
    }
}
template <class D, class T, class Optimizer, class... L, class... Metrics>
void assign(Model<D, T, Optimizer, Losses<L...>, Metrics...>& model, Document const& document,
            Loaded& loaded) {
    assign(model.weights, loaded);
    if (!loaded.slots.empty())
        assign_slots(model.optimizer_state(), document, loaded, model.parameter_count);
    for (auto const& c : loaded.counters) {
        auto& p = model.progress;
        if (c.name == "steps") p.steps = c.value;
        if (c.name == "seed") p.seed = c.value;
        if (c.name == "epoch") p.epoch = std::size_t(c.value);
        if (c.name == "batch") p.batch = std::size_t(c.value);
    }
    if (loaded.scaling)
        model.scaling = {std::move(loaded.scaling->names), std::move(loaded.scaling->offset),
                         std::move(loaded.scaling->scale)};
}
template <class N>
void assign(Weights<N>& weights, Document const&, Loaded& loaded) { assign(weights, loaded); }

} // namespace lamina::detail
