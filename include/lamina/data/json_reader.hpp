// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/utf8.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>

// As much of JSON as the files of tokenizers need: read from front to back, into the caller's own
// variables.

namespace lamina::detail {

/// Reads a JSON text (RFC 8259). Each function reads the value that comes next, and Error (data)
/// says where the text is something else.
class JsonReader {
public:
    /// `name` stands for the text in messages.
    JsonReader(std::string_view text, std::string_view name) : text_(text), name_(name) {}

    /// An object: take(key) for each member must read its value.
    template <class Take>
    void object(Take take) {
        open('{');
        if (next_is('}')) return close();
        do {
            std::string const key = string();
            expect(':');
            take(key);
        } while (another('}'));
    }
    /// An array: take() for each element must read it.
    template <class Take>
    void array(Take take) {
        open('[');
        if (next_is(']')) return close();
        do take();
        while (another(']'));
    }
    /// A text in UTF-8. A byte that was no UTF-8 is a lone surrogate U+DC80 to U+DCFF, as Python
    /// has it (PEP 383), and becomes that byte again.
    std::string string();
    std::int64_t whole();
    double number();
    bool boolean();
    /// Whether null comes next; it is read then.
    bool null() { return literal("null"); }
    /// Reads a value of any kind and forgets it.
    void skip();
    /// Whether a text comes next.
    bool text_next() { return next_is('"'); }
    /// Nothing but blanks may follow.
    void end() {
        blanks();
        if (at_ != text_.size()) bad("there is more text behind the value");
    }

    [[noreturn]] void bad(std::string_view what) const;

private:
    void blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                      text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }
    bool next_is(char c) {
        blanks();
        return at_ < text_.size() && text_[at_] == c;
    }
    void expect(char c);
    void open(char bracket) {
        expect(bracket);
        if (++depth_ > 64) bad("it is nested deeper than 64 levels");
    }
    void close() {
        ++at_;
        --depth_;
    }
    /// Behind a value: is there another one? Otherwise reads the closing bracket.
    bool another(char bracket) {
        if (next_is(',')) return ++at_, true;
        expect(bracket);
        --depth_;
        return false;
    }
    bool literal(std::string_view word) {
        blanks();
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }
    char32_t escaped_unit();
    void escaped_character(std::string& to);
    void escape(std::string& to);

    std::string_view text_, name_;
    std::size_t at_ = 0, depth_ = 0;
};

#if LAMINA_BODIES

[[noreturn, gnu::cold]] LAMINA_INLINE void JsonReader::bad(std::string_view what) const {
    std::string_view const here = text_.substr(at_, 16);
    fail(
        Error::Kind::data, {name_},
        {"this is not the JSON expected here: at byte ", at_, " (", Quoted{here}, ") ", what, "."});
}

[[gnu::cold]] LAMINA_INLINE void JsonReader::expect(char c) {
    if (!next_is(c)) bad(message({"there should be ", Quoted{std::string_view(&c, 1)}}));
    ++at_;
}

LAMINA_INLINE char32_t JsonReader::escaped_unit() {
    std::uint32_t unit = 0;
    char const* const first = text_.data() + at_;
    if (text_.size() - at_ < 4 || std::from_chars(first, first + 4, unit, 16).ptr != first + 4)
        bad("there should be four hexadecimal digits");
    at_ += 4;
    return unit;
}

/// What stands behind "\\u": four digits, or twice that for what lies above U+FFFF.
LAMINA_INLINE void JsonReader::escaped_character(std::string& to) {
    char32_t unit = escaped_unit();
    if (unit >= 0xdc80 && unit <= 0xdcff) {
        to += static_cast<char>(unit - 0xdc00);
        return;
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
        if (unit >= 0xdc00 || !text_.substr(at_).starts_with("\\u"))
            bad("there is half of a surrogate pair");
        at_ += 2;
        char32_t const low = escaped_unit();
        if (low < 0xdc00 || low > 0xdfff) bad("there is half of a surrogate pair");
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(to, unit);
}

/// What stands behind a backslash.
LAMINA_INLINE void JsonReader::escape(std::string& to) {
    constexpr std::string_view names = "\"\\/bfnrt", values = "\"\\/\b\f\n\r\t";
    if (at_ == text_.size()) bad("the text in quotes does not end");
    if (text_[at_] == 'u') return ++at_, escaped_character(to);
    std::size_t const i = names.find(text_[at_]);
    if (i == names.npos) bad("there is no such escape");
    to += values[i];
    ++at_;
}

LAMINA_INLINE std::string JsonReader::string() {
    expect('"');
    std::string out;
    while (true) {
        // What needs no care at once.
        std::size_t const begin = at_;
        while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
               static_cast<unsigned char>(text_[at_]) >= 0x20)
            ++at_;
        out += text_.substr(begin, at_ - begin);
        if (at_ == text_.size()) bad("the text in quotes does not end");
        char const c = text_[at_];
        if (c != '"' && c != '\\') bad("there is a control character in quotes");
        ++at_;
        if (c == '"') return out;
        escape(out);
    }
}

LAMINA_INLINE std::int64_t JsonReader::whole() {
    blanks();
    std::int64_t number = 0;
    char const *const first = text_.data() + at_, *const last = text_.data() + text_.size();
    auto const [end, code] = std::from_chars(first, last, number);
    bool const fraction = end != last && (*end == '.' || *end == 'e' || *end == 'E');
    if (code != std::errc() || fraction) bad("there should be a whole number of 64 bits");
    at_ += static_cast<std::size_t>(end - first);
    return number;
}

LAMINA_INLINE double JsonReader::number() {
    blanks();
    double value = 0;
    char const* const first = text_.data() + at_;
    auto const [end, code] = read_double(first, text_.data() + text_.size(), value);
    if (code != std::errc()) bad("there should be a number that a double holds");
    at_ += static_cast<std::size_t>(end - first);
    return value;
}

LAMINA_INLINE bool JsonReader::boolean() {
    if (literal("true")) return true;
    if (!literal("false")) bad("there should be true or false");
    return false;
}

[[gnu::cold]] LAMINA_INLINE void JsonReader::skip() {
    if (next_is('{')) return object([&](std::string_view) { skip(); });
    if (next_is('[')) return array([&] { skip(); });
    if (next_is('"')) return static_cast<void>(string());
    if (null() || literal("true") || literal("false")) return;
    double number = 0;
    char const* const first = text_.data() + at_;
    char const* const end = read_double(first, text_.data() + text_.size(), number).ptr;
    if (end == first) bad("there should be a value");
    at_ += static_cast<std::size_t>(end - first);
}

#endif

} // namespace lamina::detail
