// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/io/checksum.hpp>
#include <lamina/io/safetensors_file.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

namespace lamina {

template <class Source>
class SafetensorsFile::Characters {
public:
    Characters(SafetensorsFile const& file, Source& source, std::uint64_t length, Checksum* sum)
        : file_(file), source_(source), left_(length), sum_(sum) {
        fill(true);
    }
    Characters(Characters const&) = delete;

    struct Iterator {
        using iterator_category = std::input_iterator_tag;
        using value_type = char;
        using difference_type = std::ptrdiff_t;
        using pointer = char const*;
        using reference = char;
        Characters* from = nullptr; // null: the end

        char operator*() const { return from->buffer_[from->at_]; }
        Iterator& operator++() {
            from->next();
            return *this;
        }
        Iterator operator++(int) {
            Iterator const before = *this;
            from->next();
            return before;
        }
        bool operator==(Iterator const& other) const { return ended() == other.ended(); }
        bool operator!=(Iterator const& other) const { return ended() != other.ended(); }
        bool ended() const { return !from || from->at_ == from->filled_; }
    };
    Iterator begin() { return {this}; }
    Iterator end() { return {}; }
    /// How many characters were taken.
    std::size_t const& position() const { return position_; }
    /// The checksum's digits, where the header begins with them.
    std::string digits;

private:
    static constexpr std::size_t longest_number = 64;
    static bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

    void next() {
        bool const was_blank = blank(buffer_[at_]);
        check(buffer_[at_]);
        step();
        // of many blanks one: the parser would collect them
        while (was_blank && !in_string_ && at_ < filled_ && blank(buffer_[at_])) step();
    }
    void step() {
        ++position_;
        if (++at_ == filled_) fill(false);
    }
    void fill(bool first) {
        at_ = 0;
        filled_ = std::size_t(std::min<std::uint64_t>(left_, buffer_.size()));
        source_.read(buffer_.data(), filled_);
        left_ -= filled_;
        std::string_view const text(buffer_.data(), filled_);
        std::size_t skip = 0;
        if (first && text.starts_with(sealed) && text.size() >= sealed.size() + 16) {
            digits = text.substr(sealed.size(), 16);
            skip = sealed.size() + 16;
            if (sum_) sum_->add(text.data(), sealed.size()); // the sum is over all but itself
        }
        if (sum_) sum_->add(text.data() + skip, filled_ - skip);
    }
    void check(char c) {
        if (c == '\0') // the parser would take it for the end, and read no further
            file_.refuse({"the header holds a NUL byte. It is no safetensors file."});
        if (in_string_) {
            if (++run_ > max_text)
                file_.refuse(
                    {"the header holds a string of more than 2 MiB: no safetensors file."});
            if (escaped_) escaped_ = false;
            else if (c == '\\') escaped_ = true;
            else if (c == '"') in_string_ = false, run_ = 0;
        } else if (c == '"') {
            in_string_ = true, run_ = 0;
        } else if (std::string_view(" \t\r\n,:{}[]").find(c) != std::string_view::npos) {
            run_ = 0;
        } else if (++run_ > longest_number) {
            file_.refuse(
                {"the header holds a number of more than 64 digits: no safetensors file."});
        }
    }

    SafetensorsFile const& file_;
    Source& source_;
    std::uint64_t left_;
    Checksum* sum_;
    std::array<char, 16384> buffer_;
    std::size_t at_ = 0, filled_ = 0, run_ = 0, position_ = 0;
    bool in_string_ = false, escaped_ = false;
};

} // namespace lamina
