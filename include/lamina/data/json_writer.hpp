// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/utf8.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace lamina::detail {

/// Appends a text in quotes: as the UTF-8 that it is.
void quote_utf8(std::string& to, std::string_view text);
/// As Python's json.dumps does: all but ASCII as \u0000, with surrogate pairs above U+FFFF. What is
/// no UTF-8 becomes lone surrogates, which JsonReader undoes.
void quote_ascii(std::string& to, std::string_view text);

/// JSON, written from front to back: `json.object(); json.member("rate", 0.5f); json.end();`.
/// Numbers are the shortest text that reads back as the same number, in every locale; a
/// floating-point number always has a point or an exponent, because some readers tell 1 and 1.0
/// apart.
class JsonWriter {
public:
    /// quote: how texts are written. A function, so that a program has those that it uses.
    explicit JsonWriter(void (*quote)(std::string&, std::string_view) = quote_utf8)
        : quote_(quote) {}

    [[gnu::cold, gnu::noinline]] void object() { open('{'); }
    [[gnu::cold, gnu::noinline]] void array() { open('['); }
    /// Ends the innermost object or array.
    [[gnu::cold, gnu::noinline]] void end() {
        text_ += closers_.back();
        closers_.pop_back();
        first_ = false;
    }
    [[gnu::cold, gnu::noinline]] void key(std::string_view name) {
        separate();
        quote_(text_, name);
        text_ += ": ";
        first_ = true; // its value takes no comma
    }

    [[gnu::cold, gnu::noinline]] void value(std::string_view v) {
        separate();
        quote_(text_, v);
    }
    void value(char const* v) { value(std::string_view(v)); }
    template <std::same_as<bool> B>
    void value(B v) {
        raw(v ? "true" : "false");
    }
    template <std::integral I>
    requires(!std::same_as<I, bool>) [[gnu::cold]] void value(I v) { raw(message({v})); }
    template <std::floating_point F>
    void value(F v) {
        raw(number(v));
    }
    void value(std::nullptr_t) { raw("null"); }
    void null() { value(nullptr); }
    /// A value that is JSON already.
    [[gnu::cold, gnu::noinline]] void raw(std::string_view json) {
        separate();
        text_ += json;
    }
    /// key(name); value(v);
    template <class V>
    [[gnu::cold]] void member(std::string_view name, V const& v) {
        key(name);
        value(v);
    }

    std::string const& text() const& { return text_; }
    std::string text() && { return std::move(text_); }

private:
    [[gnu::cold, gnu::noinline]] void open(char bracket) {
        separate();
        text_ += bracket;
        closers_ += bracket == '{' ? '}' : ']';
        first_ = true;
    }
    [[gnu::cold]] void separate() {
        if (!first_) text_ += ", ";
        first_ = false;
    }
    template <class F>
    [[gnu::cold]] static std::string number(F v) {
        if (is_nan(v)) return "NaN"; // no JSON, but what Python writes and reads
        char digits[40];
        std::string out(digits, std::to_chars(digits, digits + sizeof digits, v).ptr);
        if (out.find("inf") != std::string::npos) return v < 0 ? "-Infinity" : "Infinity";
        if (out.find_first_of(".e") == std::string::npos) out += ".0";
        return out;
    }
    std::string text_, closers_;
    void (*quote_)(std::string&, std::string_view);
    bool first_ = true;
};

#if LAMINA_BODIES

[[gnu::cold, gnu::noinline]] LAMINA_INLINE void quote_utf8(std::string& to, std::string_view text) {
    constexpr char hex[] = "0123456789abcdef";
    to += '"';
    for (char const c : text) {
        auto const code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') (to += '\\') += c;
        else if (code >= 0x20) to += c;
        else ((to += "\\u00") += hex[code >> 4]) += hex[code & 15];
    }
    to += '"';
}

[[gnu::cold, gnu::noinline]] LAMINA_INLINE void quote_ascii(std::string& to,
                                                            std::string_view text) {
    constexpr char hex[] = "0123456789abcdef";
    auto const unit = [&](char32_t u) {
        to += "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) to += hex[u >> shift & 15];
    };
    to += '"';
    for (std::size_t at = 0; at < text.size();) {
        CodePoint const c = decode_utf8(text, at);
        at += c.size;
        char const* const code = c.value == '"'    ? "\\\""
                                 : c.value == '\\' ? "\\\\"
                                 : c.value == '\n' ? "\\n"
                                 : c.value == '\r' ? "\\r"
                                 : c.value == '\t' ? "\\t"
                                 : c.value == '\b' ? "\\b"
                                 : c.value == '\f' ? "\\f"
                                                   : nullptr;
        if (!c.valid) {
            unit(0xdc00 + c.value);
        } else if (code) {
            to += code;
        } else if (c.value >= 0x10000) {
            unit(0xd800 + ((c.value - 0x10000) >> 10));
            unit(0xdc00 + ((c.value - 0x10000) & 0x3ff));
        } else if (c.value < 0x20 || c.value > 0x7e) {
            if (c.value == 0x7f) to += '\x7f'; // Python leaves this one alone
            else unit(c.value);
        } else {
            to += static_cast<char>(c.value);
        }
    }
    to += '"';
}

#endif

} // namespace lamina::detail
