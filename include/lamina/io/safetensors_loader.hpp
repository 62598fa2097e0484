// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/data/json_reader.hpp>
#include <lamina/data/number.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/format.hpp>
#include <lamina/io/loaded.hpp>
#include <lamina/io/model_document.hpp>
#include <lamina/io/safetensors_file.hpp>
#include <lamina/io/torch_layout.hpp>
#include <lamina/io/torch_names.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

// A model in a safetensors file: one tensor for each parameter and state, called as in summary():
// "dense_1/kernel". The optimizer's numbers are "lamina.optimizer/dense_1/kernel/0"; how far
// training has come and how the data was scaled stands in the metadata.

namespace lamina::detail {

inline constexpr std::string_view slot_prefix = "lamina.optimizer/";
/// A text of any length in the metadata: what it is, and which of its kind.
struct LongText {
    std::string_view kind, name = {};

    /// Under which key its k-th piece stands: "lamina.attachment.tokenizer", and then
    /// "lamina.attachment_1.tokenizer".
    [[gnu::cold]] std::string key(std::size_t k) const {
        std::string out = message({"lamina.", kind});
        if (k > 0) append(out, {"_", k});
        if (!name.empty()) append(out, {".", name});
        return out;
    }
    /// Nothing: there is none.
    [[gnu::cold]] std::optional<std::string> find(SafetensorsFile const& file) const {
        std::optional<std::string> text;
        for (std::size_t k = 0; auto const* const piece = file.metadata(key(k)); ++k)
            text = k == 0 ? *piece : *std::move(text) + *piece;
        return text;
    }
};
inline constexpr LongText scaling_place{"scaling"};
[[gnu::cold]] inline LongText attachment_place(std::string_view name) {
    return {"attachment", name};
}

[[gnu::cold]] inline std::uint64_t from_decimal(std::string const& path, std::string_view key,
                                                std::string const& text) {
    std::uint64_t value = 0;
    char const* const last = text.data() + text.size();
    auto const [end, error] = std::from_chars(text.data(), last, value);
    if (error != std::errc{} || end != last)
        fail(Error::Kind::data, {path},
             {"metadata ", shown(key), " is no whole number: ", shown(text), "."});
    return value;
}

/// Reads one file for one document.
class SafetensorsLoader {
public:
    SafetensorsLoader(Document const& wanted, SafetensorsFile file, LoadOptions const& options)
        : file_(std::move(file)), wanted_(wanted), options_(options), used_(file_.size(), false),
          differences_(file_.path(), true), loaded_(wanted) {}

    Loaded load() && {
        std::vector<std::string_view> in_file;
        for (std::size_t i = 0; i < file_.size(); ++i) in_file.push_back(file_[i].name);
        bool const torch = options_.names == Names::torch;
        auto const names = torch ? TorchNames(in_file, wanted_) : TorchNames{};
        TorchFeatures const features(wanted_);
        for (std::size_t row = 0; row < wanted_.layers.size(); ++row) {
            auto const& layer = wanted_.layers[row];
            std::string const whose = "layer " + std::to_string(row) + " " + layer.part.type;
            auto const take_one = [&](Entry const& e, Loaded::Numbers& to) {
                if (!torch) return take(e, {as_it_is(e)}, whose, to);
                TorchLayout const layout(wanted_, features, row, names.suffix(row));
                auto pieces = layout.pieces(e);
                for (auto& p : pieces) p.name.insert(0, names.module(row));
                take(e, std::move(pieces), whose, to);
            };
            if (torch && !layer.parameters.empty())
                if (auto const why = TorchLayout(wanted_, features, row, "").refusal();
                    !why.empty()) {
                    differences_.add({"model ", whose, " is ", why});
                    continue;
                }
            for (auto const i : layer.parameters)
                take_one(wanted_.parameters[i], loaded_.parameters[i]);
            for (auto const i : layer.state) take_one(wanted_.state[i], loaded_.state[i]);
        }
        bool const none = jobs_.empty() && !wanted_.parameters.empty();
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
        if (none)
            fail(Error::Kind::data, {file_.path()},
                 {"none of its ", Counted{file_.size(), "tensor"},
                  " has the name of one of the model, ", shown(wanted_.parameters[0].name),
                  " for one. Nothing was loaded."});
        for (auto const& job : jobs_) read(job);
        if (training) take_counters();
        take_scaling();
        return std::move(loaded_);
    }

private:
    struct Job {
        Entry const* entry;
        Loaded::Numbers* to;
        std::vector<std::pair<StoredTensor, TorchPiece>> pieces;
    };

    static TorchPiece as_it_is(Entry const& e) { return {e.name, e.shape, {{e.size(), 1, 1}}}; }
    void take(Entry const& e, std::vector<TorchPiece> pieces, std::string const& whose,
              Loaded::Numbers& to) {
        Job job{&e, &to, {}};
        std::size_t const wanted = pieces.size();
        std::string said; // what is missing or does not fit is said once
        for (auto& piece : pieces) {
            auto const found = file_.index_of(piece.name);
            bool const again = piece.name == std::exchange(said, piece.name);
            if (!found) {
                if (!options_.allow_missing && !again) differences_.missing(piece.name);
                continue;
            }
            used_[*found] = true;
            auto const tensor = file_[*found];
            std::vector<std::uint64_t> const shape(tensor.shape.begin(), tensor.shape.end());
            bool const fits = e.dtype == DType::f32 ? converts<float>(tensor.dtype)
                                                    : converts<double>(tensor.dtype);
            if (again && shape != piece.shape) continue;
            if (!fits && !again)
                differences_.add({shown(piece.name), " holds ", name_of(tensor.dtype), ", model ",
                                  whose, " needs ", name_of(e.dtype)});
            else if (differences_.shape(piece.name, shape, tensor.dtype, whose, piece.shape))
                job.pieces.emplace_back(tensor, std::move(piece));
        }
        if (job.pieces.size() == wanted) jobs_.push_back(std::move(job));
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
            auto piece = as_it_is(e);
            piece.name.insert(0, slot_prefix);
            take(e, {std::move(piece)}, "optimizer", loaded_.slots[i]);
        }
    }
    void read(Job const& job) {
        std::byte* const to = job.to->make(*job.entry);
        auto const put = [&]<class T>(T* numbers) {
            std::vector<T> stored;
            std::string_view whose; // whose numbers those are
            for (auto const& [tensor, piece] : job.pieces) {
                std::size_t const n = job.entry->size();
                if (piece.axes.size() == 1 && piece.axes[0].count == n && tensor.size() == n)
                    if (!piece.added) {
                        convert(tensor.dtype, tensor.bytes.data(), numbers, n);
                        continue;
                    }
                if (whose != tensor.name) {
                    stored.resize(tensor.size());
                    convert(tensor.dtype, tensor.bytes.data(), stored.data(), stored.size());
                    whose = tensor.name;
                }
                piece.for_each([&, add = piece.added](std::size_t a, std::size_t b) {
                    numbers[a] = add ? numbers[a] + stored[b] : stored[b];
                });
            }
        };
        if (job.entry->dtype == DType::f32) put(reinterpret_cast<float*>(to));
        else put(reinterpret_cast<double*>(to));
        if (options_.require_finite) require_finite(file_.path(), *job.entry, to);
    }
    void take_counters() {
        for (auto const& c : wanted_.counters)
            if (auto const* const text = file_.metadata("lamina." + c.name))
                loaded_.counters.push_back({c.name, from_decimal(file_.path(), c.name, *text)});
    }
    void take_scaling() { // as scaling_text() writes it
        auto const text = scaling_place.find(file_);
        if (!text) return;
        Scaling scaling;
        std::string const where = message({file_.path(), ", metadata ", scaling_place.key(0)});
        JsonReader json(*text, where);
        json.array([&] {
            std::size_t n = 0;
            json.array([&] {
                if (n == 0 && !json.null()) scaling.names.push_back(json.string());
                if (n == 1) scaling.offset.push_back(json.number());
                if (n == 2) scaling.scale.push_back(json.number());
                if (n == 3) {
                    scaling.fill.resize(scaling.scale.size(), missing_number);
                    scaling.fill.back() = json.number();
                }
                if (n++ == 4) json.bad("a column has a name, an offset and a scale");
            });
            bool const all = scaling.scale.size() == scaling.offset.size() && n >= 3;
            if (!all || (!scaling.names.empty() && scaling.names.size() != scaling.scale.size()))
                json.bad("a column has a name, an offset and a scale");
        });
        json.end();
        if (!scaling.fill.empty()) scaling.fill.resize(scaling.scale.size(), missing_number);
        if (!scaling.empty()) loaded_.scaling = std::move(scaling);
    }

    SafetensorsFile file_;
    Document const& wanted_;
    LoadOptions const& options_;
    std::vector<bool> used_;
    std::vector<Job> jobs_;
    Differences differences_;
    Loaded loaded_;
};

} // namespace lamina::detail
