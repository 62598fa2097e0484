// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The one header that includes nlohmann/json.

#include <lamina/core/checked.hpp>
#include <lamina/io/checksum.hpp>
#include <lamina/io/dtype.hpp>
#include <lamina/io/safetensors_characters.hpp>
#include <lamina/io/safetensors_file.hpp>
#include <lamina/io/shown.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

// How SafetensorsFile reads and checks a header.

namespace lamina {

class SafetensorsFile::Builder {
public:
    using json = nlohmann::json;
    /// counting: find out how much room is needed, keep nothing.
    Builder(SafetensorsFile& file, bool counting) : file_(file), counting_(counting) {}

    std::size_t tensors = 0, dims = 0, characters = 0;
    std::size_t const* position = nullptr; // of the parser

    // What the parser calls. The grammar has three levels: the header, an entry, a list of numbers.
    bool start_object(std::size_t) {
        if (level_ == 0) level_ = 1;
        else if (level_ == 1) begin_entry();
        else unexpected("an object");
        return true;
    }
    bool end_object() {
        if (level_ == 2 && !in_metadata_) end_tensor();
        in_metadata_ = false;
        --level_;
        return true;
    }
    bool start_array(std::size_t) {
        if (level_ != 2 || in_metadata_ || (key_ != Key::shape && key_ != Key::offsets))
            unexpected("a list");
        level_ = 3;
        return true;
    }
    bool end_array() {
        level_ = 2;
        key_ = Key::none;
        return true;
    }
    bool key(std::string& text) {
        if (level_ == 1) name_ = text;
        else if (in_metadata_) name_ = text;
        else tensor_key(text);
        return true;
    }
    bool string(std::string& text) {
        if (level_ == 2 && in_metadata_) add_metadata(text);
        else if (level_ == 2 && key_ == Key::dtype) set_dtype(text);
        else unexpected("a string");
        return true;
    }
    bool number_unsigned(std::uint64_t value) {
        if (level_ != 3) unexpected("a number");
        if (key_ == Key::shape) {
            if (rank_ == max_rank)
                file_.refuse({its(), " has more than ", std::uint64_t(max_rank), " axes."});
            shape_[rank_++] = value;
        } else {
            if (offsets_ == 2) file_.refuse({its(), " has more than two data_offsets."});
            range_[offsets_++] = value;
        }
        return true;
    }
    bool number_integer(std::int64_t) { unexpected("a negative number"); }
    bool number_float(double, std::string const& text) {
        unexpected(detail::message({"the number ", detail::shown(text)}));
    }
    bool boolean(bool) { unexpected("true or false"); }
    bool null() { unexpected("null"); }
    bool binary(json::binary_t&) { unexpected("binary data"); }
    bool parse_error(std::size_t, std::string const&, json::exception const&) {
        file_.refuse({"the header is no valid JSON at its byte ", std::uint64_t(*position),
                      ". It is no safetensors file, or it is damaged."});
    }

private:
    enum class Key { none, dtype, shape, offsets };

    [[noreturn]] void unexpected(std::string const& what) const {
        file_.refuse({"the header has ", what, " where none belongs",
                      (level_ > 1 ? " (" + its() + ")" : std::string()),
                      ". It is no safetensors file, or it is damaged."});
    }
    std::string its() const {
        return detail::message({in_metadata_ ? "metadata " : "tensor ", detail::shown(name_)});
    }

    void begin_entry() {
        level_ = 2;
        if (name_ == "__metadata__") {
            if (had_metadata_) file_.refuse({"\"__metadata__\" appears twice in the header."});
            in_metadata_ = had_metadata_ = true;
            return;
        }
        if (name_.find('\0') != std::string::npos)
            file_.refuse({its(), " has a NUL character in its name."});
        key_ = Key::none;
        rank_ = offsets_ = 0;
        has_dtype_ = has_shape_ = has_offsets_ = false;
    }
    void tensor_key(std::string const& text) {
        auto const begin = [&](Key key, bool& had) {
            if (had) file_.refuse({its(), " has ", detail::shown(text), " twice."});
            had = true;
            key_ = key;
        };
        if (text == "dtype") begin(Key::dtype, has_dtype_);
        else if (text == "shape") begin(Key::shape, has_shape_);
        else if (text == "data_offsets") begin(Key::offsets, has_offsets_);
        else
            file_.refuse(
                {its(), " has ", detail::shown(text), ", which the format does not know."});
    }
    void set_dtype(std::string const& text) {
        auto const* const at = std::find_if(dtypes.begin(), dtypes.end(),
                                            [&](DTypeInfo const& d) { return d.code() == text; });
        if (at == dtypes.end())
            file_.refuse({its(), " is of the unknown type ", detail::shown(text), "."});
        dtype_ = at->type;
        key_ = Key::none;
    }
    void add_metadata(std::string const& text) {
        if (counting_) return;
        if (file_.metadata_.size() == max_metadata)
            file_.refuse({"the header has more than ", std::uint64_t(max_metadata), " metadata."});
        file_.metadata_.emplace_back(name_, text);
    }
    void end_tensor() {
        if (!has_dtype_ || !has_shape_ || offsets_ != 2)
            file_.refuse({its(), " lacks its dtype, its shape or its two data_offsets."});
        std::uint64_t count = 0, bits = 0;
        if (!checked_product(shape_.data(), rank_, count) ||
            !checked_mul(count, info(dtype_).bits, bits))
            file_.refuse({its(), " has a shape too large for any file: ", its_shape(), "."});
        auto const [first, last] = range_;
        if (last < first || bits % 8 != 0 || bits / 8 != last - first)
            file_.refuse({its(), " is ", its_shape(), " ", name_of(dtype_),
                          ", but its data_offsets are ", std::uint64_t(first), " and ",
                          std::uint64_t(last), "."});
        ++tensors;
        dims += rank_;
        characters += name_.size();
        if (counting_) return;
        file_.records_.push_back({std::uint32_t(file_.names_.size()), std::uint32_t(name_.size()),
                                  std::uint32_t(file_.dims_.size()), std::uint8_t(rank_), dtype_,
                                  first, last});
        file_.names_ += name_;
        file_.dims_.insert(file_.dims_.end(), shape_.data(), shape_.data() + rank_);
    }
    std::string its_shape() const { return detail::shown_shape({shape_.data(), rank_}); }

    SafetensorsFile& file_;
    bool counting_;
    int level_ = 0;
    bool in_metadata_ = false, had_metadata_ = false;
    std::string name_;
    Key key_ = Key::none;
    bool has_dtype_ = false, has_shape_ = false, has_offsets_ = false;
    DType dtype_ = DType::f32;
    std::array<std::uint64_t, max_rank> shape_{};
    std::array<std::uint64_t, 2> range_{};
    std::size_t rank_ = 0, offsets_ = 0;
};

template <class Source>
void SafetensorsFile::parse(Source& source, std::uint64_t length, Builder& builder, Checksum* sum) {
    source.seek(8);
    Characters<Source> characters(*this, source, length, sum);
    if (*characters.begin() != '{')
        refuse({"the header does not begin with '{'. It is no safetensors file."});
    builder.position = &characters.position();
    nlohmann::json::sax_parse(characters.begin(), characters.end(), &builder);
    digits_ = std::move(characters.digits);
}

template <class Source>
void SafetensorsFile::read(Source& source) {
    std::uint64_t const size = source.size();
    if (size < 10)
        refuse({"is ", std::uint64_t(size),
                " bytes long, and the smallest safetensors file is 10. It is empty or cut off."});
    std::array<std::byte, 8> prefix;
    source.read(prefix.data(), prefix.size());
    auto const length = detail::load_little<std::uint64_t>(prefix.data());
    if (length > size - 8)
        refuse({"header length ", std::uint64_t(length), " exceeds the file (", std::uint64_t(size),
                " bytes). It is cut off, or no safetensors file."});
    if (length > max_header || length < 2)
        refuse({"header length ", std::uint64_t(length), " is not between 2 and ",
                std::uint64_t(max_header), ". It is no safetensors file."});

    Builder counts(*this, true);
    parse(source, length, counts, nullptr);
    records_.reserve(counts.tensors);
    dims_.reserve(counts.dims);
    names_.reserve(counts.characters);
    Builder builder(*this, false);
    Checksum sum;
    sum.add(prefix.data(), prefix.size());
    parse(source, length, builder, &sum);
    check_layout(size - 8 - length);

    std::size_t const bytes = records_.empty() ? 0 : std::size_t(records_.back().end);
    data_.reset(new std::byte[bytes]);
    source.read(data_.get(), bytes);
    if (!options_.checksum || digits_.empty()) return;
    sum.add(data_.get(), bytes);
    if (sum.text() != digits_)
        refuse({"is damaged: its bytes have the checksum ", sum.text(), ", and it says ",
                detail::shown(digits_), ". Take another copy."});
}

/// Tensors in the order of their bytes, from 0 to the end of the file, side by side; no name twice.
inline void SafetensorsFile::check_layout(std::uint64_t room) {
    std::sort(records_.begin(), records_.end(), [](Record const& a, Record const& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
    });
    for (auto const& r : records_)
        if (r.end > room)
            refuse({"holds ", std::uint64_t(room), " bytes of numbers, but the header promises ",
                    std::uint64_t(r.end), " (tensor ", detail::shown(name(r)),
                    " ends there): a truncated copy or an interrupted save."});
    std::uint64_t end = 0;
    for (auto const& r : records_) {
        if (r.begin != end)
            refuse({"tensor ", detail::shown(name(r)), " begins at byte ", std::uint64_t(r.begin),
                    " of the numbers, but those before it end at ", std::uint64_t(end), "."});
        end = r.end;
    }
    if (end != room && !options_.trailing_bytes)
        refuse({std::uint64_t(room - end),
                " bytes follow the last tensor. If they are known to be harmless, load with "
                ".trailing_bytes = true."});

    by_name_.resize(records_.size());
    std::iota(by_name_.begin(), by_name_.end(), 0u);
    std::sort(by_name_.begin(), by_name_.end(), [this](std::uint32_t a, std::uint32_t b) {
        return name(records_[a]) < name(records_[b]);
    });
    for (std::size_t i = 1; i < by_name_.size(); ++i)
        if (auto const n = name(records_[by_name_[i]]); n == name(records_[by_name_[i - 1]]))
            refuse({"tensor ", detail::shown(n), " appears twice in the header."});
}

namespace detail {

/// Whether a text is JSON in valid UTF-8.
inline bool is_json(std::string const& text) { return nlohmann::json::accept(text); }

} // namespace detail

} // namespace lamina
