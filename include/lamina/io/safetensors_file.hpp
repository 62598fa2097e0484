// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A program that includes this header links lamina::safetensors.

#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/bounded_file.hpp>
#include <lamina/io/checksum.hpp>
#include <lamina/io/dtype.hpp>
#include <lamina/io/shown.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

/// A tensor of a SafetensorsFile: a view that lives as long as the file object.
struct StoredTensor {
    std::string_view name;
    DType dtype;
    Span<std::uint64_t const> shape;
    Span<std::byte const> bytes; ///< little-endian, row-major

    std::size_t size() const { return bytes.size() * 8 / info(dtype).bits; }
    /// The numbers as T. Error where they are no numbers of that kind: converts<T>(dtype).
    template <class T>
    std::vector<T> values() const {
        if (!converts<T>(dtype))
            detail::fail(
                Error::Kind::argument, {"tensor ", detail::shown(name)},
                {"holds ", name_of(dtype), ", which is not read as ", name_of(dtype_of<T>()), "."});
        std::vector<T> out(size());
        convert(dtype, bytes.data(), out.data(), out.size());
        return out;
    }
};

struct SafetensorsOptions {
    /// Take a file with bytes after the last tensor, which no correct writer leaves.
    bool trailing_bytes = false;
    /// Compare the checksum that lamina writes; files of other writers have none.
    bool checksum = true;
};

/// A safetensors file, read into memory and checked in full before anything of it is seen: every
/// length against the size of the file, every shape against its bytes, no gaps, no overlaps, no
/// name twice. Rejecting a file takes no more memory than twice its size and 16 MiB.
///
/// Errors      (run time) Kind::file: cannot be read; Kind::data: what is wrong and where
/// Source      github.com/huggingface/safetensors, README "Format" and safetensors/src/tensor.rs
class SafetensorsFile {
public:
    static constexpr std::uint64_t max_header = 100'000'000; // as in the reference
    static constexpr std::size_t max_rank = 16, max_metadata = 65'536;
    static constexpr std::size_t max_text = std::size_t{2} << 20; // a name or metadata, as JSON

    explicit SafetensorsFile(std::string const& path, SafetensorsOptions options = {})
        : path_(path), options_(options) {
        BoundedFile file(path);
        read(file);
    }
    /// The same from bytes in memory; `name` stands for the path in messages.
    SafetensorsFile(Span<std::byte const> bytes, std::string name, SafetensorsOptions options = {})
        : path_(std::move(name)), options_(options) {
        Memory memory{bytes};
        read(memory);
    }

    std::string const& path() const { return path_; }
    /// How many tensors; they are numbered as they lie in the file.
    std::size_t size() const { return records_.size(); }
    StoredTensor operator[](std::size_t i) const {
        auto const& r = records_[i];
        return {name(r),
                r.dtype,
                {dims_.data() + r.shape, r.rank},
                {data_.get() + r.begin, std::size_t(r.end - r.begin)}};
    }
    /// Which tensor has this name.
    std::optional<std::size_t> index_of(std::string_view wanted) const {
        auto const at = std::lower_bound(
            by_name_.begin(), by_name_.end(), wanted,
            [this](std::uint32_t i, std::string_view n) { return name(records_[i]) < n; });
        if (at == by_name_.end() || name(records_[*at]) != wanted) return {};
        return *at;
    }
    std::optional<StoredTensor> find(std::string_view wanted) const {
        auto const at = index_of(wanted);
        return at ? std::optional((*this)[*at]) : std::nullopt;
    }
    std::string const* metadata(std::string_view key) const {
        for (auto const& [k, v] : metadata_)
            if (k == key) return &v;
        return nullptr;
    }
    std::vector<std::pair<std::string, std::string>> const& metadata() const { return metadata_; }

    /// How a header begins that carries lamina's checksum of the rest of the file.
    static constexpr std::string_view sealed = R"({"__metadata__": {"lamina.checksum": ")";

private:
    struct Record {
        std::uint32_t name, name_size, shape; // places in names_ and dims_
        std::uint8_t rank;
        DType dtype;
        std::uint64_t begin, end;
    };
    struct Memory {
        Span<std::byte const> bytes;
        std::uint64_t at = 0;
        std::uint64_t size() const { return bytes.size(); }
        void seek(std::uint64_t offset) { at = offset; }
        void read(void* to, std::size_t n) {
            if (n > 0) std::memcpy(to, bytes.data() + at, n);
            at += n;
        }
    };

    [[noreturn, gnu::cold]] void refuse(std::initializer_list<detail::Piece> what) const {
        detail::fail(Error::Kind::data, {path_}, what);
    }
    std::string_view name(Record const& r) const { return {names_.data() + r.name, r.name_size}; }

    // The header's bytes as nlohmann's parser wants them, one after another, never all in memory. A
    // string or number that is too long for any tensor is refused before the parser collects it.
    template <class Source>
    class Characters;
    // Receives what the parser finds.
    class Builder;
    template <class Source>
    void parse(Source& source, std::uint64_t length, Builder& builder, Checksum* sum);
    template <class Source>
    void read(Source& source);
    void check_layout(std::uint64_t room);

    std::string path_;
    SafetensorsOptions options_;
    std::vector<Record> records_; // as they lie
    std::vector<std::uint32_t> by_name_;
    std::string names_;
    std::vector<std::uint64_t> dims_;
    std::vector<std::pair<std::string, std::string>> metadata_;
    std::unique_ptr<std::byte[]> data_; // not std::vector: the bytes need not be zero first
    std::string digits_;                // of the checksum; empty: the file has none
};

} // namespace lamina

// How a header is read and checked: a file of its own.
#include <lamina/io/safetensors_header.hpp>
