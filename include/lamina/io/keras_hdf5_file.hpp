// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/format.hpp>
#include <lamina/io/hdf5.hpp>
#include <lamina/io/keras_archive.hpp>
#include <lamina/io/keras_config.hpp>
#include <lamina/io/keras_graph.hpp>
#include <lamina/io/keras_optimizer.hpp>
#include <lamina/io/keras_variables.hpp>
#include <lamina/io/loaded.hpp>
#include <lamina/io/save_options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

/// Writes a document as Keras 3 writes a model: `keras.models.load_model` rebuilds it, compiled and
/// with the optimizer's state. A path that ends in .weights.h5 gets the weights alone in the layout
/// of `load_weights`. What only lamina knows lies in the group `lamina`.
/// Source: keras/src/legacy/saving/legacy_h5_format.py; keras/src/saving/saving_lib.py.
class KerasHdf5Writer {
public:
    [[gnu::cold]] KerasHdf5Writer(std::string const& path, Document const& document,
                                  SaveOptions const& options)
        : file_(path), document_(document), graph_(keras_graph(document)) {
        if (detail::has_suffix(path, ".keras"))
            detail::fail(
                Error::Kind::argument, {path},
                {".keras files are read, not written. Save it as .h5, which Keras opens as "
                 "well. Nothing was saved."});
        if (options.names != Names::lamina)
            detail::fail(Error::Kind::argument, {path},
                         {".names = Names::torch is for .safetensors files. Nothing was saved."});
        bool const training = options.optimizer;
        if (detail::has_suffix(path, ".weights.h5")) {
            write_objects();
            write_own(training && document.compiled, false, options.attachments);
            file_.commit();
            return;
        }
        file_.text(file_.root(), "keras_version", keras_version, true);
        file_.text(file_.root(), "backend", backend, true);
        file_.text(file_.root(), "model_config", keras_model_config(document, graph_));
        write_weights();
        bool const known = training && document.compiled && keras_knows(document.optimizer);
        if (known) {
            file_.text(file_.root(), "training_config", keras_training_config(document));
            write_optimizer();
        }
        write_own(training && document.compiled, known, options.attachments);
        file_.commit();
    }

private:
    // What the layout follows, and what Keras looks at to read it.
    static constexpr char const *keras_version = "3.16.0", *backend = "numpy";

    [[gnu::cold]] void write_weights() {
        auto const weights = file_.group(file_.root(), "model_weights");
        std::vector<std::string> names;
        for (auto const& layer : graph_.layers) // a Sequential's input is no layer to Keras
            if (!graph_.sequential || !layer.calls.empty()) names.push_back(layer.name);
        file_.names(weights, "layer_names", names);
        file_.text(weights, "backend", backend);
        file_.text(weights, "keras_version", keras_version);
        for (auto const& layer : graph_.layers) {
            if (graph_.sequential && layer.calls.empty()) continue;
            auto const group = file_.group(weights, layer.name);
            std::vector<std::string> paths;
            for (auto const row : layer.rows) {
                auto const add = [&](Entry entry) {
                    entry.shape = detail::keras_shape(document_.layers[row], entry);
                    entry.name = detail::keras_variable(document_, graph_, layer, row, entry);
                    paths.push_back(entry.name);
                    file_.tensor(group, entry);
                };
                for (auto const i : document_.layers[row].parameters) add(document_.parameters[i]);
                for (auto const i : document_.layers[row].state) add(document_.state[i]);
            }
            file_.names(group, "weight_names", paths);
        }
        auto const top = file_.group(weights, "top_level_model_weights");
        file_.names(top, "weight_names", {});
    }
    /// By objects, as save_weights() writes them.
    [[gnu::cold]] void write_objects() {
        auto const objects = keras_objects(document_, graph_);
        auto const variables = keras_variables(document_, graph_);
        std::vector<std::string> made;
        auto const vars = [&](std::string const& path, std::string const& name) {
            auto group = file_.group(file_.root(), path);
            file_.text(group, "name", name, true);
            made.push_back(path);
            return group;
        };
        vars("vars", graph_.sequential ? "sequential" : "functional");
        for (std::size_t k = 0; k < objects.size(); ++k) {
            if (graph_.sequential && graph_.layers[k].calls.empty()) continue;
            vars(objects[k] + "/vars", graph_.layers[k].name);
        }
        for (auto const& v : variables) {
            auto const& row = document_.layers[v.row];
            Entry e = v.state ? document_.state[v.entry] : document_.parameters[v.entry];
            e.shape = detail::keras_shape(row, e);
            e.name = v.name;
            bool const there = std::find(made.begin(), made.end(), v.path) != made.end();
            file_.tensor(there ? file_.open(v.path) : vars(v.path, graph_.layers[v.layer].name), e);
        }
    }

    [[gnu::cold]] void write_optimizer() {
        auto const group = file_.group(file_.root(), "optimizer_weights");
        std::string const name = detail::keras_optimizer_name(document_.optimizer);
        std::vector<std::string> names;
        auto const add = [&](Entry const& e) {
            names.push_back(e.name);
            file_.tensor(group, e);
        };
        std::int32_t const iteration = std::int32_t(counter("steps"));
        add({name + "/iteration", {}, DType::i32, &iteration});
        float const rate = float(document_.learning_rate); // a schedule goes over as a number
        add({name + "/learning_rate", {}, DType::f32, &rate});
        for (auto const& slot : keras_slots(document_, graph_)) {
            Entry e = document_.slots[slot.entry];
            e.name = name + "/" + slot.name;
            e.shape = slot.shape;
            add(e);
        }
        if (auto const product = keras_momentum_product(document_, counter("steps")))
            add({"variable", {}, DType::f32, &*product});
        file_.names(group, "weight_names", names);
    }

    [[gnu::cold]] void write_own(bool training, bool slots_are_keras,
                                 std::vector<Attachment> const& attachments) {
        auto const own = file_.group(file_.root(), "lamina");
        file_.number(own, "layout", 1);
        if (!attachments.empty()) {
            auto const group = file_.group(own, "attachments");
            std::vector<std::string> names; // of any characters: the texts are counted
            for (auto const& a : attachments) {
                std::string const place = std::to_string(names.size());
                file_.tensor(group, {place, {a.text.size()}, DType::u8, a.text.data()});
                names.push_back(a.name);
            }
            file_.names(group, "names", names);
        }
        if (!document_.scaling.empty()) {
            auto const& s = document_.scaling;
            auto const group = file_.group(own, "scaling");
            file_.names(group, "names", s.names);
            file_.tensor(group, Entry::of("offset", s.offset));
            file_.tensor(group, Entry::of("scale", s.scale));
        }
        if (!training) return;
        for (auto const& c : document_.counters) file_.number(own, c.name.c_str(), c.value);
        if (slots_are_keras) return;
        auto const group = file_.group(own, "optimizer");
        for (auto const& e : document_.slots) file_.tensor(group, e);
    }
    [[gnu::cold]] std::uint64_t counter(std::string_view name) const {
        for (auto const& c : document_.counters)
            if (c.name == name) return c.value;
        return 0;
    }

    Hdf5Writer file_;
    Document const& document_;
    KerasGraph graph_;
};

namespace detail {

/// The HDF5 in a file of Keras: a .keras archive's weights, or the whole file.
[[gnu::cold]] inline std::span<std::byte const> keras_part(std::string const& path,
                                                           std::span<std::byte const> whole) {
    if (!KerasArchive::is_archive(whole)) return whole;
    return KerasArchive(path, whole).member("model.weights.h5");
}

/// A text that was saved with a model; nothing: there is none of that name.
[[gnu::cold]] inline std::optional<std::string> read_hdf5_attachment(Hdf5Reader const& file,
                                                                     std::string const& name) {
    if (!file.has_group(file.root(), "lamina")) return {};
    auto const own = file.group(file.root(), "lamina");
    if (!file.has_group(own, "attachments")) return {};
    auto const group = file.group(own, "attachments");
    auto const names = file.names(group, "names").value_or(std::vector<std::string>{});
    auto const at = std::find(names.begin(), names.end(), name);
    if (at == names.end()) return {};
    auto const data = file.dataset(group, std::to_string(at - names.begin()));
    auto const shape = file.shape(data);
    if (shape.size() != 1 || shape[0] > file.size() || !file.holds(data, DType::u8))
        file.refuse({"its attachment ", shown(name), " is no text."});
    std::string text(static_cast<std::size_t>(shape[0]), '\0');
    if (!text.empty()) file.read(data, DType::u8, text.data());
    return text;
}

} // namespace detail

/// Reads what Keras 2 and 3 and lamina write, whole models and weights alone, into the places of a
/// document. Weights are matched by their position among the layers that have any, as Keras does.
class KerasHdf5Reader {
public:
    [[gnu::cold]] KerasHdf5Reader(std::string const& path, Document const& wanted,
                                  LoadOptions const& options)
        : file_(path, detail::keras_part), wanted_(wanted), options_(options),
          graph_(keras_graph(wanted)), loaded_(wanted) {}

    [[gnu::cold]] Loaded load() && {
        // a file of weights alone has them at its root
        Hdf5Reader::Group inner;
        if (file_.has_group(file_.root(), "model_weights"))
            inner = file_.group(file_.root(), "model_weights");
        auto const& weights = inner.is_open() ? inner : file_.root();
        auto const layers = file_.names(weights, "layer_names");
        if (layers) load_weights(weights, *layers);
        else if (file_.has_group(file_.root(), "layers")) load_objects();
        else
            file_.refuse({"has no \"layer_names\" and no \"layers\": it is no model and no weights "
                          "in one of Keras' HDF5 layouts."});
        load_own();
        return std::move(loaded_);
    }

private:
    struct Found {
        std::string name; // for messages: "dense_1/kernel"
        Hdf5Reader::Dataset data;
    };
    struct Place {
        Entry const* entry;
        Loaded::Numbers* to;
        std::vector<std::uint64_t> shape; // in the file
        std::string whose;
    };

    /// Where the weights of a row go.
    [[gnu::cold]] void add_places(std::size_t index, std::vector<Place>& places) {
        auto const& row = wanted_.layers[index];
        std::string const whose = "layer " + std::to_string(index) + " " + row.part.type;
        auto const add = [&](Entry const& e, Loaded::Numbers& to) {
            places.push_back({&e, &to, detail::keras_shape(row, e), whose});
        };
        for (auto const i : row.parameters) add(wanted_.parameters[i], loaded_.parameters[i]);
        for (auto const i : row.state) add(wanted_.state[i], loaded_.state[i]);
    }
    [[gnu::cold]] void load_weights(Hdf5Reader::Group const& weights,
                                    std::vector<std::string> const& layers) {
        std::vector<Place> places;
        for (auto const& layer : graph_.layers) {
            for (auto const i : layer.rows) add_places(i, places);
        }
        std::vector<Found> found;
        for (auto const& layer : layers) {
            auto const group = file_.group(weights, layer);
            auto const names = file_.names(group, "weight_names");
            if (!names) file_.refuse({"layer ", shown(layer), " has no \"weight_names\"."});
            for (auto const& name : *names) {
                auto const last = name.rfind('/');
                std::string const shortly = name.substr(last == name.npos ? 0 : last + 1);
                found.push_back({layer + "/" + shortly, file_.dataset(group, name)});
            }
        }
        load_found(found, places);
    }
    /// A file of save_weights(): by classes and their order.
    [[gnu::cold]] void load_objects() {
        std::vector<Place> places;
        std::vector<Found> found;
        Differences differences(file_.path());
        for (auto const& v : keras_variables(wanted_, graph_)) {
            auto const& row = wanted_.layers[v.row];
            auto const& e = v.state ? wanted_.state[v.entry] : wanted_.parameters[v.entry];
            auto& to = v.state ? loaded_.state[v.entry] : loaded_.parameters[v.entry];
            std::string const path = v.path + "/" + v.name;
            if (!file_.has(file_.root(), path)) {
                differences.missing(path);
                continue;
            }
            places.push_back({&e, &to, detail::keras_shape(row, e),
                              "layer " + std::to_string(v.row) + " " + row.part.type});
            found.push_back({path, file_.dataset(file_.root(), path)});
        }
        differences.throw_if_any();
        load_found(found, places);
    }
    [[gnu::cold]] void load_found(std::vector<Found> const& found,
                                  std::vector<Place> const& places) {
        Differences differences(file_.path());
        std::size_t const both = std::min(found.size(), places.size());
        for (std::size_t i = 0; i < both; ++i) {
            auto const& e = *places[i].entry;
            auto const shape = file_.shape(found[i].data);
            if (!file_.holds(found[i].data, e.dtype))
                differences.add(
                    {shown(found[i].name), " holds other numbers than ", name_of(e.dtype)});
            else differences.shape(found[i].name, shape, e.dtype, places[i].whose, places[i].shape);
        }
        for (std::size_t i = both; i < places.size(); ++i)
            differences.missing(places[i].entry->name);
        for (std::size_t i = both; i < found.size(); ++i) differences.extra(found[i].name);
        differences.throw_if_any();
        for (std::size_t i = 0; i < both; ++i) read(found[i].data, *places[i].entry, *places[i].to);
    }
    [[gnu::cold]] void read(Hdf5Reader::Dataset const& data, Entry const& e,
                            Loaded::Numbers& numbers) {
        std::byte* const to = numbers.make(e);
        file_.read(data, e.dtype, to);
        if (options_.require_finite) require_finite(file_.path(), e, to);
    }

    [[gnu::cold]] void load_own() {
        bool const own = file_.has_group(file_.root(), "lamina");
        if (own) {
            auto const group = file_.group(file_.root(), "lamina");
            if (file_.has_group(group, "scaling")) load_scaling(file_.group(group, "scaling"));
            if (!options_.optimizer || !wanted_.compiled) return;
            for (auto const& c : wanted_.counters)
                if (auto const value = file_.number(group, c.name))
                    loaded_.counters.push_back({c.name, *value});
            if (file_.has_group(group, "optimizer"))
                return load_slots(file_.group(group, "optimizer"), own_slots());
        }
        if (options_.optimizer && wanted_.compiled && keras_knows(wanted_.optimizer) &&
            file_.has_group(file_.root(), "optimizer_weights"))
            load_keras_optimizer(own);
    }
    [[gnu::cold]] void load_scaling(Hdf5Reader::Group const& group) {
        StoredScaling s;
        s.names = file_.names(group, "names").value_or(std::vector<std::string>{});
        auto const numbers = [&](char const* name, std::vector<double>& to) {
            auto const data = file_.dataset(group, name);
            auto const shape = file_.shape(data);
            if (shape.size() != 1 || shape[0] != s.names.size())
                file_.refuse({"its scaling does not have one number for each name."});
            to.resize(s.names.size());
            if (!to.empty()) file_.read(data, DType::f64, to.data());
        };
        numbers("offset", s.offset);
        numbers("scale", s.scale);
        loaded_.scaling = std::move(s);
    }

    [[gnu::cold]] std::vector<KerasSlot> own_slots() const {
        std::vector<KerasSlot> out;
        for (std::size_t i = 0; i < wanted_.slots.size(); ++i)
            out.push_back({wanted_.slots[i].name, i, wanted_.slots[i].shape});
        return out;
    }
    [[gnu::cold]] void load_keras_optimizer(bool own) {
        auto const group = file_.group(file_.root(), "optimizer_weights");
        auto names = file_.names(group, "weight_names").value_or(std::vector<std::string>{});
        if (names.empty()) return;
        if (!own) { // else the counters say it with 64 bits
            std::uint64_t steps = 0;
            auto const data = file_.dataset(group, names[0]);
            if (!file_.shape(data).empty()) return; // another optimizer's file
            file_.read(data, DType::u64, &steps);
            loaded_.counters.push_back({"steps", steps});
        }
        auto slots = keras_slots(wanted_, graph_);
        // after the iteration, and the learning rate where that is a variable; a file of a model
        // that never learnt has those alone
        std::size_t const last = names.size() - (wanted_.optimizer.type == "Nadam");
        if (last < slots.size() + 1) return;
        std::size_t const first = last - slots.size();
        for (std::size_t i = 0; i < slots.size(); ++i) slots[i].name = names[first + i];
        load_slots(group, slots);
    }
    [[gnu::cold]] void load_slots(Hdf5Reader::Group const& group,
                                  std::vector<KerasSlot> const& slots) {
        Differences differences(file_.path());
        std::vector<Hdf5Reader::Dataset> data;
        for (auto const& slot : slots) {
            auto const& e = wanted_.slots[slot.entry];
            data.push_back(file_.dataset(group, slot.name));
            differences.shape(slot.name, file_.shape(data.back()), e.dtype, "optimizer",
                              slot.shape);
        }
        differences.throw_if_any();
        loaded_.slots.resize(wanted_.slots.size());
        for (std::size_t i = 0; i < slots.size(); ++i) {
            auto const& e = wanted_.slots[slots[i].entry];
            read(data[i], e, loaded_.slots[slots[i].entry]);
        }
    }

    Hdf5Reader file_;
    Document const& wanted_;
    LoadOptions const& options_;
    KerasGraph graph_;
    Loaded loaded_;
};

} // namespace lamina
