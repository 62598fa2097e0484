// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/json_writer.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/format.hpp>
#include <lamina/io/hdf5_writer.hpp>
#include <lamina/io/keras_archive.hpp>
#include <lamina/io/keras_config.hpp>
#include <lamina/io/keras_graph.hpp>
#include <lamina/io/keras_optimizer.hpp>
#include <lamina/io/keras_variables.hpp>
#include <lamina/io/save_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

namespace detail {

/// "2026-11-21@21:34:30", in UTC.
[[gnu::cold]] inline std::string keras_date(std::chrono::system_clock::time_point now) {
    std::time_t const seconds = std::chrono::system_clock::to_time_t(now);
    std::tm date{};
#if __has_include(<unistd.h>)
    ::gmtime_r(&seconds, &date);
#else
    date = *std::gmtime(&seconds);
#endif
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%d@%H:%M:%S", &date)};
}

} // namespace detail

/// Writes a document as Keras 3 writes a model: `keras.models.load_model` rebuilds it, compiled and
/// with the optimizer's state. A path that ends in .keras gets the archive of Keras 3, one that
/// ends in .weights.h5 the weights alone in the layout of `load_weights`, any other the .h5 layout.
/// What only lamina knows lies in the group `lamina`, which Keras does not look at. Source:
/// keras/src/legacy/saving/legacy_h5_format.py; keras/src/saving/saving_lib.py.
class KerasHdf5Writer {
public:
    [[gnu::cold]] KerasHdf5Writer(std::string const& path, Document const& document,
                                  SaveOptions const& options)
        : file_(path), document_(document), graph_(keras_graph(document)) {
        if (options.names != Names::lamina)
            detail::fail(Error::Kind::argument, {path},
                         {".names = Names::torch is for .safetensors files. Nothing was saved."});
        bool const training = options.optimizer && document.compiled;
        bool const known = training && keras_knows(document.optimizer);
        if (detail::has_suffix(path, ".keras")) {
            write_archive(path, training, known, options);
            return;
        }
        if (detail::has_suffix(path, ".weights.h5")) {
            write_objects(known);
            write_own(training, known, options.attachments);
            file_.commit();
            return;
        }
        file_.text(file_.root(), "keras_version", keras_version, true);
        file_.text(file_.root(), "backend", backend, true);
        file_.text(file_.root(), "model_config", keras_model_config(document, graph_));
        write_weights();
        if (known) {
            file_.text(file_.root(), "training_config", keras_training_config(document));
            write_optimizer(file_.group(file_.root(), "optimizer_weights"), true);
        }
        write_own(training, known, options.attachments);
        file_.commit();
    }

private:
    // What the layout follows, and what Keras looks at to read it.
    static constexpr char const *keras_version = "3.16.0", *backend = "numpy";

    [[gnu::cold]] void write_archive(std::string const& path, bool training, bool known,
                                     SaveOptions const& options) {
        write_objects(known);
        write_own(training, known, options.attachments);
        detail::JsonWriter metadata;
        metadata.object();
        metadata.member("keras_version", keras_version);
        metadata.member("date_saved", detail::keras_date(std::chrono::system_clock::now()));
        metadata.end();
        std::string const config = keras_archive_config(document_, graph_, known);
        auto const weights = file_.image();
        detail::write_keras_archive(
            path, {{"metadata.json", metadata.text()},
                   {"config.json", config},
                   {"model.weights.h5", Span(weights.bytes.get(), weights.size)}});
    }
    [[gnu::cold]] void write_weights() {
        auto const weights = file_.group(file_.root(), "model_weights");
        detail::List<std::string> names;
        for (auto const& layer : graph_.layers) // a Sequential's input is no layer to Keras
            if (!graph_.sequential || !layer.calls.empty()) names.push_back(layer.name);
        file_.names(weights, "layer_names", names);
        file_.text(weights, "backend", backend);
        file_.text(weights, "keras_version", keras_version);
        for (auto const& layer : graph_.layers) {
            if (graph_.sequential && layer.calls.empty()) continue;
            auto const group = file_.group(weights, layer.name);
            detail::List<std::string> paths;
            for (auto const row : layer.rows) {
                auto const add = [&](Entry const& e) {
                    std::string const& path = paths.emplace_back(
                        detail::keras_variable(document_, graph_, layer, row, e));
                    file_.tensor(group, path, detail::keras_shape(document_.layers[row], e),
                                 e.dtype, e.data);
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
    [[gnu::cold]] void write_objects(bool with_optimizer) {
        auto const objects = keras_objects(document_, graph_);
        auto const variables = keras_variables(document_, graph_);
        detail::List<std::string> made;
        auto const vars = [&](std::string const& path, std::string const& name) {
            auto group = file_.group(file_.root(), path);
            file_.text(group, "name", name, true);
            made.push_back(path);
            return group;
        };
        vars("vars", graph_.sequential ? "sequential" : "functional");
        for (std::size_t k = 0; k < objects.size(); ++k) {
            if (graph_.sequential && graph_.layers[k].calls.empty()) continue;
            vars(detail::message({objects[k], "/vars"}), graph_.layers[k].name);
        }
        for (auto const& v : variables) {
            auto const& row = document_.layers[v.row];
            auto const& e = (v.state ? document_.state : document_.parameters)[v.entry];
            bool there = false;
            for (auto const& path : made) there = there || path == v.path;
            file_.tensor(there ? file_.open(v.path) : vars(v.path, graph_.layers[v.layer].name),
                         v.name, detail::keras_shape(row, e), e.dtype, e.data);
        }
        if (with_optimizer)
            write_optimizer(
                vars("optimizer/vars", detail::keras_optimizer_name(document_.optimizer)), false);
    }

    /// By name with a list of the names, or by number.
    [[gnu::cold]] void write_optimizer(Hdf5Writer::Group const& group, bool by_name) {
        std::string const name = detail::keras_optimizer_name(document_.optimizer);
        detail::List<std::string> names;
        auto const add = [&](std::string_view part, Hdf5Writer::Shape shape, DType dtype,
                             void const* data) {
            std::string const& path = names.emplace_back(
                by_name ? detail::message({name, "/", part}) : detail::message({names.size()}));
            file_.tensor(group, path, shape, dtype, data);
        };
        std::int32_t const iteration = std::int32_t(counter("steps"));
        add("iteration", {}, DType::i32, &iteration);
        float const rate = float(document_.learning_rate); // a schedule goes over as a number
        add("learning_rate", {}, DType::f32, &rate);
        for (auto const& slot : keras_slots(document_, graph_)) {
            auto const& e = document_.slots[slot.entry];
            add(slot.name, slot.shape, e.dtype, e.data);
        }
        if (auto const product = keras_momentum_product(document_, counter("steps"))) {
            names.push_back(by_name ? "variable" : detail::message({names.size()}));
            file_.tensor(group, names.back(), {}, DType::f32, &*product);
        }
        if (by_name) file_.names(group, "weight_names", names);
    }

    [[gnu::cold]] void write_own(bool training, bool slots_are_keras,
                                 std::vector<Attachment> const& attachments) {
        auto const own = file_.group(file_.root(), "lamina");
        file_.number(own, "layout", 1);
        if (!attachments.empty()) {
            auto const group = file_.group(own, "attachments");
            detail::List<std::string> names; // of any characters: the texts are counted
            for (auto const& a : attachments) {
                std::string const place = detail::message({names.size()});
                file_.row(group, place, a.text.size(), DType::u8, a.text.data());
                names.push_back(a.name);
            }
            file_.names(group, "names", names);
        }
        if (!document_.scaling.empty()) {
            auto const& s = document_.scaling;
            auto const group = file_.group(own, "scaling");
            detail::List<std::string> names;
            for (auto const& name : s.names) names.push_back(name);
            file_.names(group, "names", names);
            file_.row(group, "offset", s.offset.size(), DType::f64, s.offset.data());
            file_.row(group, "scale", s.scale.size(), DType::f64, s.scale.data());
            if (!s.fill.empty()) file_.row(group, "fill", s.fill.size(), DType::f64, s.fill.data());
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

} // namespace lamina
