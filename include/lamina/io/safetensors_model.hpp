// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/json_writer.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/safetensors_loader.hpp>
#include <lamina/io/save_options.hpp>
#include <lamina/io/save_safetensors.hpp>
#include <lamina/io/torch_layout.hpp>
#include <lamina/io/torch_names.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How a model is written into a safetensors file: see safetensors_loader.hpp.

namespace lamina::detail {

/// The tensors of a PyTorch state_dict, put together from a document's.
class TorchTensors {
public:
    [[gnu::cold]] void gather(Document const& document, std::string const& path) {
        TorchNames const names(document);
        TorchFeatures const features(document);
        for (std::size_t row = 0; row < document.layers.size(); ++row) {
            auto const& layer = document.layers[row];
            TorchLayout const layout(document, features, row, "");
            if (auto const why = layout.refusal(); !why.empty() && !layer.parameters.empty())
                fail(Error::Kind::argument, {path},
                     {"layer ", std::uint64_t(row), " is ", why,
                      ". Save it under lamina's own names. Nothing was saved."});
        }
        for (std::size_t row = 0; row < document.layers.size(); ++row) {
            auto const& layer = document.layers[row];
            if (layer.parameters.empty() && layer.state.empty()) continue;
            TorchLayout const layout(document, features, row, names.suffix(row));
            auto const add = [&](Entry const& e) {
                for (auto const& piece : layout.pieces(e)) put(e, piece, names.module(row));
            };
            for (auto const i : layer.parameters) add(document.parameters[i]);
            for (auto const i : layer.state) add(document.state[i]);
            if (torch_part(layer.part).type == "BatchNormalization") {
                std::uint64_t steps = 0;
                for (auto const& c : document.counters)
                    if (c.name == "steps") steps = c.value;
                auto& t = all_.emplace_back();
                t.name = names.module(row) + "num_batches_tracked";
                t.dtype = DType::i64;
                t.bytes.resize(sizeof steps);
                std::memcpy(t.bytes.data(), &steps, sizeof steps);
            }
        }
    }
    [[gnu::cold]] std::vector<Entry> entries() const {
        std::vector<Entry> out;
        for (auto const& t : all_) out.push_back({t.name, t.shape, t.dtype, t.bytes.data()});
        return out;
    }

private:
    struct Tensor {
        std::string name;
        std::vector<std::uint64_t> shape;
        DType dtype = DType::f32;
        std::vector<std::byte> bytes;
    };
    [[gnu::cold]] void put(Entry const& e, TorchPiece const& piece, std::string const& module) {
        std::string const name = module + piece.name;
        auto at =
            std::find_if(all_.begin(), all_.end(), [&](Tensor const& t) { return t.name == name; });
        if (at == all_.end()) {
            all_.push_back({name, piece.shape, e.dtype, {}});
            at = all_.end() - 1;
            at->bytes.resize(Entry{name, piece.shape, e.dtype}.bytes());
        }
        if (piece.added) return; // the numbers stand where they are added to
        std::size_t const each = info(e.dtype).bits / 8;
        auto const* const from = static_cast<std::byte const*>(e.data);
        piece.for_each([&](std::size_t a, std::size_t b) {
            std::memcpy(at->bytes.data() + b * each, from + a * each, each);
        });
    }
    std::vector<Tensor> all_;
};

/// In pieces that are short enough for any reader, however many of their characters are escaped.
/// None begins within a character of UTF-8.
[[gnu::cold]] inline void put_text(std::vector<std::pair<std::string, std::string>>& metadata,
                                   LongText const& place, std::string_view text) {
    constexpr std::size_t longest = SafetensorsFile::max_text / 8; // "\u0000" is six for one
    std::size_t k = 0;
    do {
        std::size_t size = std::min(text.size(), longest);
        for (int back = 0; back < 3 && size < text.size() && (text[size] & 0xc0) == 0x80; ++back)
            --size;
        metadata.emplace_back(place.key(k++), text.substr(0, size));
        text.remove_prefix(size);
    } while (!text.empty());
}

/// How columns were scaled, as JSON: [["age", 29.7, 14.5], ...]; null where they have no names.
/// A fourth number is what a gap becomes.
[[gnu::cold]] inline std::string scaling_text(Scaling const& scaling) {
    JsonWriter json(quote_ascii);
    json.array();
    for (std::size_t i = 0; i < scaling.offset.size(); ++i) {
        json.array();
        if (i < scaling.names.size()) json.value(scaling.names[i]);
        else json.null();
        json.value(scaling.offset[i]);
        json.value(scaling.scale[i]);
        if (!scaling.fill.empty() && !is_nan(scaling.fill[i])) json.value(scaling.fill[i]);
        json.end();
    }
    json.end();
    return std::move(json).text();
}

/// put(entries, metadata) writes them.
template <class Put>
[[gnu::cold]] void write_safetensors(Document const& document, std::string const& path,
                                     SaveOptions const& o, Put const& put) {
    std::vector<Entry> entries;
    std::vector<std::pair<std::string, std::string>> metadata;
    TorchTensors tensors; // what the entries look at
    bool const torch = o.names == Names::torch;
    if (torch) {
        tensors.gather(document, path);
        entries = tensors.entries();
        metadata.emplace_back("format", "pt");
    } else {
        for (auto const* const all : {&document.parameters, &document.state})
            for (Entry const& e : *all) entries.push_back(e);
        metadata.emplace_back("format", "lamina");
    }
    for (auto const& a : o.attachments) put_text(metadata, attachment_place(a.name), a.text);
    if (o.optimizer && document.compiled && !torch) {
        for (Entry e : document.slots) {
            e.name.insert(0, slot_prefix);
            entries.push_back(std::move(e));
        }
        metadata.emplace_back("lamina.optimizer", document.optimizer.type);
        for (auto const& c : document.counters)
            metadata.emplace_back("lamina." + c.name, std::to_string(c.value));
    }
    if (!document.scaling.empty())
        put_text(metadata, scaling_place, scaling_text(document.scaling));
    put(entries, metadata);
}

} // namespace lamina::detail
