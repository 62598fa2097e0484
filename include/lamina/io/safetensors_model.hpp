// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/format.hpp>
#include <lamina/io/json_text.hpp>
#include <lamina/io/loaded.hpp>
#include <lamina/io/model_document.hpp>
#include <lamina/io/safetensors_file.hpp>
#include <lamina/io/torch_names.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace lamina {

// A model in a safetensors file: one tensor for each parameter and state, called as in summary():
// "dense_1/kernel". The optimizer's numbers are "lamina.optimizer/dense_1/kernel/0"; how far
// training has come and how the data was scaled stands in the metadata.

namespace detail {

inline constexpr std::string_view slot_prefix = "lamina.optimizer/";

inline std::string decimal(double value) {
    JsonText text;
    text.value(value);
    return std::move(text).text();
}
template <class N>
N from_decimal(std::string const& path, std::string_view key, std::string const& text) {
    N value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        throw Error(Error::Kind::data, path,
                    "metadata " + shown(key) + " is no number: " + shown(text) + ".");
    return value;
}

/// Reads one file for one document.
class SafetensorsLoader {
public:
    SafetensorsLoader(Document const& wanted, std::string const& path, LoadOptions const& options)
        : file_(path), wanted_(wanted), options_(options), used_(file_.size(), false),
          differences_(path), loaded_(wanted) {}

    Loaded load() && {
        if (options_.names == Names::torch) {
            std::vector<std::string_view> names;
            for (std::size_t i = 0; i < file_.size(); ++i) names.push_back(file_[i].name);
            names_ = TorchNames(names, wanted_);
        }
        for (std::size_t row = 0; row < wanted_.layers.size(); ++row) {
            auto const& layer = wanted_.layers[row];
            std::string const whose = "layer " + std::to_string(row) + " " + layer.part.type;
            for (auto const i : layer.parameters)
                take(wanted_.parameters[i], layer, whose, loaded_.parameters[i]);
            for (auto const i : layer.state) take(wanted_.state[i], layer, whose, loaded_.state[i]);
        }
        // the optimizer's numbers fit where the weights do
        bool const training = options_.optimizer && wanted_.compiled && !differences_.any();
        if (training) take_slots();
        for (std::size_t i = 0; i < file_.size() && !options_.allow_extra; ++i) {
            std::string const name(file_[i].name);
            bool const ours = name.starts_with(slot_prefix) && !training;
            if (!used_[i] && !ours && !name.ends_with("num_batches_tracked"))
                differences_.extra(name);
        }
        differences_.throw_if_any();
        for (auto const& job : jobs_) read(job);
        if (training) take_counters();
        take_scaling();
        return std::move(loaded_);
    }

private:
    struct Job {
        StoredTensor from;
        Entry const* entry;
        Loaded::Numbers* to;
        bool transposed;
    };

    void take(Entry const& e, LayerRecord const& layer, std::string const& whose,
              Loaded::Numbers& to) {
        bool const torch = options_.names == Names::torch;
        bool const transposed = torch && layer.part.type == "Dense" && e.shape.size() == 2;
        take(e, torch ? names_.of(e, layer) : e.name, whose, transposed, to);
    }
    void take(Entry const& e, std::string const& name, std::string const& whose, bool transposed,
              Loaded::Numbers& to) {
        auto const found = file_.index_of(name);
        if (!found) {
            if (!options_.allow_missing) differences_.missing(name);
            return;
        }
        used_[*found] = true;
        auto const tensor = file_[*found];
        std::vector<std::uint64_t> shape(tensor.shape.begin(), tensor.shape.end());
        if (transposed) std::reverse(shape.begin(), shape.end());
        bool const fits =
            e.dtype == DType::f32 ? converts<float>(tensor.dtype) : converts<double>(tensor.dtype);
        if (!fits)
            differences_.add({shown(name), " holds ", name_of(tensor.dtype), ", model ", whose,
                              " needs ", name_of(e.dtype)});
        else if (differences_.shape(name, shape, tensor.dtype, whose, e.shape))
            jobs_.push_back({tensor, &e, &to, transposed});
    }
    void take_slots() {
        auto const* const type = file_.metadata("lamina.optimizer");
        if (!type) return;
        if (*type != wanted_.optimizer.type)
            return differences_.add({"the optimizer's state is that of ", *type, ", model has ",
                                     wanted_.optimizer.type, " (load with .optimizer = false)"});
        loaded_.slots.resize(wanted_.slots.size());
        for (std::size_t i = 0; i < wanted_.slots.size(); ++i) {
            auto const& e = wanted_.slots[i];
            take(e, std::string(slot_prefix) + e.name, "optimizer", false, loaded_.slots[i]);
        }
    }
    void read(Job const& job) {
        std::byte* const to = job.to->make(*job.entry);
        auto const put = [&]<class T>(T* numbers) {
            std::size_t const n = job.entry->size();
            if (!job.transposed) return convert(job.from.dtype, job.from.bytes.data(), numbers, n);
            auto const stored = job.from.values<T>(); // (out, in)
            std::size_t const in = job.entry->shape[0], out = job.entry->shape[1];
            for (std::size_t i = 0; i < in; ++i)
                for (std::size_t o = 0; o < out; ++o) numbers[i * out + o] = stored[o * in + i];
        };
        if (job.entry->dtype == DType::f32) put(reinterpret_cast<float*>(to));
        else put(reinterpret_cast<double*>(to));
        if (options_.require_finite) require_finite(file_.path(), *job.entry, to);
    }
    void take_counters() {
        for (auto const& c : wanted_.counters)
            if (auto const* const text = file_.metadata("lamina." + c.name))
                loaded_.counters.push_back(
                    {c.name, from_decimal<std::uint64_t>(file_.path(), c.name, *text)});
    }
    void take_scaling() {
        StoredScaling scaling;
        for (std::size_t i = 0;; ++i) {
            std::string const key = "lamina.column." + std::to_string(i);
            auto const* const name = file_.metadata(key);
            auto const* const offset = file_.metadata(key + ".offset");
            auto const* const scale = file_.metadata(key + ".scale");
            if (!name || !offset || !scale) break;
            scaling.names.push_back(*name);
            scaling.offset.push_back(from_decimal<double>(file_.path(), key, *offset));
            scaling.scale.push_back(from_decimal<double>(file_.path(), key, *scale));
        }
        if (!scaling.empty()) loaded_.scaling = std::move(scaling);
    }

    SafetensorsFile file_;
    Document const& wanted_;
    LoadOptions const& options_;
    TorchNames names_;
    std::vector<bool> used_;
    std::vector<Job> jobs_;
    Differences differences_;
    Loaded loaded_;
};

[[gnu::cold]] inline void write_safetensors(Document const& document, std::string const& path,
                                            SaveOptions const& o) {
    std::vector<Entry> entries = document.parameters;
    entries.insert(entries.end(), document.state.begin(), document.state.end());
    std::vector<std::pair<std::string, std::string>> metadata{{"format", "lamina"}};
    if (o.optimizer && document.compiled) {
        for (Entry e : document.slots) {
            e.name.insert(0, slot_prefix);
            entries.push_back(std::move(e));
        }
        metadata.emplace_back("lamina.optimizer", document.optimizer.type);
        for (auto const& c : document.counters)
            metadata.emplace_back("lamina." + c.name, std::to_string(c.value));
    }
    auto const& scaling = document.scaling;
    for (std::size_t i = 0; i < scaling.offset.size(); ++i) {
        std::string const key = "lamina.column." + std::to_string(i);
        metadata.emplace_back(key, i < scaling.names.size() ? scaling.names[i] : "");
        metadata.emplace_back(key + ".offset", decimal(scaling.offset[i]));
        metadata.emplace_back(key + ".scale", decimal(scaling.scale[i]));
    }
    save_safetensors(path, entries, metadata);
}

} // namespace detail
} // namespace lamina
