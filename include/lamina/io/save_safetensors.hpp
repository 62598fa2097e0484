// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A program that includes this header links lamina::safetensors.

#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/atomic_file.hpp>
#include <lamina/data/json_writer.hpp>
#include <lamina/io/checksum.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/dtype.hpp>
#include <lamina/io/safetensors_file.hpp>
#include <lamina/io/safetensors_header.hpp>
#include <lamina/io/shown.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

namespace detail {

/// The tensors as the format wants them: the most strictly aligned first, then by name.
inline std::vector<Entry const*> in_file_order(std::string const& path, Span<Entry const> entries) {
    std::vector<Entry const*> order;
    for (auto const& e : entries) order.push_back(&e);
    std::sort(order.begin(), order.end(), [](Entry const* a, Entry const* b) {
        unsigned const x = info(a->dtype).bits, y = info(b->dtype).bits;
        return x != y ? x > y : a->name < b->name;
    });
    std::vector<std::string_view> names;
    for (auto const* e : order) {
        if (e->name == "__metadata__" || e->name.find('\0') != std::string::npos)
            fail(Error::Kind::argument, {path},
                 {"a tensor cannot be called ", shown(e->name), " in a safetensors file."});
        if (e->shape.size() > SafetensorsFile::max_rank || info(e->dtype).bits < 8)
            fail(Error::Kind::argument, {path},
                 {"tensor ", shown(e->name), " has too many axes or numbers smaller than a byte."});
        names.push_back(e->name);
    }
    std::sort(names.begin(), names.end());
    if (auto const at = std::adjacent_find(names.begin(), names.end()); at != names.end())
        fail(Error::Kind::argument, {path}, {"tensor ", shown(*at), " is given twice."});
    return order;
}

/// What load() would refuse is not written.
[[gnu::cold]] inline void check_limits(std::string const& path, std::string_view header,
                                       std::size_t metadata) {
    using File = SafetensorsFile;
    std::size_t longest = 0, run = 0;
    bool within = false, escaped = false;
    for (char const c : header) {
        run = within ? run + 1 : 0;
        if (escaped) escaped = false;
        else if (within && c == '\\') escaped = true;
        else if (c == '"') within = !within;
        longest = std::max(longest, run);
    }
    auto const refuse = [&](Piece what, std::uint64_t found, std::uint64_t most) {
        fail(Error::Kind::argument, {path},
             {what, found, ", and the most that a safetensors file is read with is ", most,
              ". Save to another format, or save less beside the numbers. Nothing was saved."});
    };
    if (metadata > File::max_metadata) refuse("metadata: ", metadata, File::max_metadata);
    if (longest > File::max_text) refuse("bytes of a name or text: ", longest, File::max_text);
    if (header.size() > File::max_header)
        refuse("bytes of the header: ", header.size(), File::max_header);
}

/// f(data, size) for the tensor's bytes, little-endian.
template <class F>
void little_endian_bytes(Entry const& e, F&& f) {
    auto const* const from = static_cast<std::byte const*>(e.data);
    if constexpr (std::endian::native == std::endian::little) {
        f(from, e.bytes());
    } else {
        std::size_t const each = e.dtype == DType::c64 ? 4 : info(e.dtype).bits / 8;
        std::vector<std::byte> swapped(from, from + e.bytes());
        for (std::size_t i = 0; i < swapped.size(); i += each)
            std::reverse(swapped.data() + i, swapped.data() + i + each);
        f(swapped.data(), swapped.size());
    }
}

} // namespace detail

namespace detail {

/// Puts the entries down, with the metadata given and a checksum: open(size) gives what has write()
/// and commit().
template <class Open>
void put_safetensors(std::string const& path, Span<Entry const> entries,
                     std::vector<std::pair<std::string, std::string>> const& metadata,
                     Open const& open) {
    auto const order = detail::in_file_order(path, entries);
    JsonWriter json;
    json.object();
    json.key("__metadata__");
    json.object();
    json.member("lamina.checksum", "0000000000000000");
    for (auto const& [key, value] : metadata) json.member(key, value);
    json.end();
    std::uint64_t end = 0;
    for (auto const* e : order) {
        json.key(e->name);
        json.object();
        json.member("dtype", info(e->dtype).code());
        json.key("shape");
        json.array();
        for (auto const d : e->shape) json.value(d);
        json.end();
        json.key("data_offsets");
        json.array();
        json.value(end);
        json.value(end += e->bytes());
        json.end();
        json.end();
    }
    json.end();
    std::string header = std::move(json).text();
    header.resize((header.size() + 7) / 8 * 8, ' ');
    if (!detail::is_json(header))
        fail(Error::Kind::argument, {path}, {"a name or a metadata text is not valid UTF-8."});
    check_limits(path, header, metadata.size() + 1); // the checksum

    std::array<std::byte, 8> length;
    detail::store_little(std::uint64_t(header.size()), length.data());
    std::size_t const digits = SafetensorsFile::sealed.size();
    Checksum sum;
    sum.add(length.data(), length.size());
    sum.add(header.data(), digits);
    sum.add(header.data() + digits + 16, header.size() - digits - 16);
    for (auto const* e : order)
        detail::little_endian_bytes(*e, [&](void const* p, std::size_t n) { sum.add(p, n); });
    header.replace(digits, 16, sum.text());

    auto file = open(8 + header.size() + end);
    file.write(length.data(), length.size());
    file.write(header.data(), header.size());
    for (auto const* e : order)
        detail::little_endian_bytes(*e, [&](void const* p, std::size_t n) { file.write(p, n); });
    file.commit();
}

/// What is written into memory.
struct WrittenBytes {
    std::vector<std::byte>& to;
    void write(void const* from, std::size_t n) {
        auto const* const first = static_cast<std::byte const*>(from);
        to.insert(to.end(), first, first + n);
    }
    void commit() {}
};

} // namespace detail

/// Writes the entries to a safetensors file, whole or not at all, with the metadata given and a
/// checksum.
///
/// Errors      (run time) Kind::argument: a name twice, an impossible name; Kind::file: cannot be
/// saved
inline void
save_safetensors(std::string const& path, Span<Entry const> entries,
                 std::vector<std::pair<std::string, std::string>> const& metadata = {}) {
    detail::put_safetensors(path, entries, metadata,
                            [&](std::uint64_t size) { return AtomicFile(path, size); });
}

} // namespace lamina
