// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/hdf5_reader.hpp>
#include <lamina/io/keras_archive.hpp>
#include <lamina/io/keras_graph.hpp>
#include <lamina/io/keras_optimizer.hpp>
#include <lamina/io/keras_variables.hpp>
#include <lamina/io/loaded.hpp>
#include <lamina/io/save_options.hpp>
#include <lamina/io/shown.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lamina {

namespace detail {

/// The HDF5 in a file of Keras: a .keras archive's weights, or the whole file.
[[gnu::cold]] inline Span<std::byte const> keras_part(std::string const& path,
                                                      Span<std::byte const> whole) {
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
    List<std::string> names;
    file.names(group, "names", names);
    std::size_t at = 0;
    while (at < names.size() && names[at] != name) ++at;
    if (at == names.size()) return {};
    auto const data = file.dataset(group, message({at}));
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
        detail::List<std::string> layers;
        if (file_.names(weights, "layer_names", layers)) load_weights(weights, layers);
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
    [[gnu::cold]] void add_places(std::size_t index, detail::List<Place>& places) {
        auto const& row = wanted_.layers[index];
        std::string const whose = detail::message({"layer ", index, " ", row.part.type});
        auto const add = [&](Entry const& e, Loaded::Numbers& to) {
            places.emplace_back(&e, &to, detail::keras_shape(row, e), whose);
        };
        for (auto const i : row.parameters) add(wanted_.parameters[i], loaded_.parameters[i]);
        for (auto const i : row.state) add(wanted_.state[i], loaded_.state[i]);
    }
    [[gnu::cold]] void load_weights(Hdf5Reader::Group const& weights,
                                    detail::List<std::string> const& layers) {
        detail::List<Place> places;
        for (auto const& layer : graph_.layers) {
            for (auto const i : layer.rows) add_places(i, places);
        }
        detail::List<Found> found;
        for (auto const& layer : layers) {
            auto const group = file_.group(weights, layer);
            detail::List<std::string> names;
            if (!file_.names(group, "weight_names", names))
                file_.refuse({"layer ", detail::shown(layer), " has no \"weight_names\"."});
            for (auto const& name : names) {
                auto const last = name.rfind('/');
                auto const shortly = std::string_view(name).substr(last + 1); // npos + 1 is 0
                found.emplace_back(detail::message({layer, "/", shortly}),
                                   file_.dataset(group, name));
            }
        }
        load_found(found, places);
    }
    /// A file of save_weights(): by classes and their order.
    [[gnu::cold]] void load_objects() {
        detail::List<Place> places;
        detail::List<Found> found;
        Differences differences(file_.path(), false);
        for (auto const& v : keras_variables(wanted_, graph_)) {
            auto const& row = wanted_.layers[v.row];
            auto const& e = v.state ? wanted_.state[v.entry] : wanted_.parameters[v.entry];
            auto& to = v.state ? loaded_.state[v.entry] : loaded_.parameters[v.entry];
            std::string const path = detail::message({v.path, "/", v.name});
            if (!file_.has(file_.root(), path)) {
                differences.missing(path);
                continue;
            }
            places.emplace_back(&e, &to, detail::keras_shape(row, e),
                                detail::message({"layer ", v.row, " ", row.part.type}));
            found.emplace_back(path, file_.dataset(file_.root(), path));
        }
        differences.throw_if_any();
        load_found(found, places);
    }
    [[gnu::cold]] void load_found(detail::List<Found> const& found,
                                  detail::List<Place> const& places) {
        Differences differences(file_.path(), false);
        std::size_t const both = std::min(found.size(), places.size());
        for (std::size_t i = 0; i < both; ++i) {
            auto const& e = *places[i].entry;
            auto const shape = file_.shape(found[i].data);
            if (!file_.holds(found[i].data, e.dtype))
                differences.add(
                    {detail::shown(found[i].name), " holds other numbers than ", name_of(e.dtype)});
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
                    loaded_.counters.emplace_back(c.name, *value);
            if (file_.has_group(group, "optimizer"))
                return load_slots(file_.group(group, "optimizer"), own_slots());
        }
        if (!options_.optimizer || !wanted_.compiled || !keras_knows(wanted_.optimizer)) return;
        if (file_.has_group(file_.root(), "optimizer_weights")) {
            auto const group = file_.group(file_.root(), "optimizer_weights");
            detail::List<std::string> names;
            if (file_.names(group, "weight_names", names)) load_keras_optimizer(group, names, own);
        } else if (file_.has_group(file_.root(), "optimizer")) { // by number
            auto const group = file_.group(file_.root(), "optimizer/vars");
            detail::List<std::string> names;
            while (true) {
                auto number = detail::message({names.size()});
                if (!file_.has(group, number)) break;
                names.push_back(std::move(number));
            }
            load_keras_optimizer(group, names, own);
        }
    }
    [[gnu::cold]] void load_scaling(Hdf5Reader::Group const& group) {
        Scaling s;
        detail::List<std::string> names;
        file_.names(group, "names", names);
        for (auto& name : names) s.names.push_back(std::move(name));
        auto const numbers = [&](char const* name, std::size_t count, std::vector<double>& to) {
            auto const data = file_.dataset(group, name);
            auto const shape = file_.shape(data);
            // the channels of images have no names
            bool const nameless = count == 0 && shape.size() == 1 && shape[0] <= file_.size();
            if (shape.size() != 1 || (shape[0] != count && !nameless))
                file_.refuse({"its scaling does not have one number for each name."});
            to = std::vector<double>(std::size_t(shape[0]));
            if (!to.empty()) file_.read(data, DType::f64, to.data());
        };
        numbers("offset", s.names.size(), s.offset);
        numbers("scale", s.offset.size(), s.scale);
        if (file_.has(group, "fill")) numbers("fill", s.offset.size(), s.fill);
        loaded_.scaling = std::move(s);
    }

    [[gnu::cold]] detail::List<KerasSlot> own_slots() const {
        detail::List<KerasSlot> out;
        for (std::size_t i = 0; i < wanted_.slots.size(); ++i)
            out.emplace_back(wanted_.slots[i].name, i, wanted_.slots[i].shape);
        return out;
    }
    [[gnu::cold]] void load_keras_optimizer(Hdf5Reader::Group const& group,
                                            detail::List<std::string> const& names, bool own) {
        if (names.empty()) return;
        if (!own) { // else the counters say it with 64 bits
            std::uint64_t steps = 0;
            auto const data = file_.dataset(group, names[0]);
            if (!file_.shape(data).empty()) return; // another optimizer's file
            file_.read(data, DType::u64, &steps);
            loaded_.counters.emplace_back("steps", steps);
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
                                  detail::List<KerasSlot> const& slots) {
        Differences differences(file_.path(), false);
        detail::List<Hdf5Reader::Dataset> data;
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
