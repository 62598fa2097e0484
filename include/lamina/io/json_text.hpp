// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace lamina {

/// JSON, written from front to back: `json.object(); json.key("rate"); json.value(0.5f);
/// json.end();`. Numbers are the shortest text that reads back as the same number, in every locale;
/// a floating-point number always has a point or an exponent, because some readers tell 1 and 1.0
/// apart.
class JsonText {
public:
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
        quote(name);
        text_ += ": ";
        first_ = true; // its value takes no comma
    }

    [[gnu::cold, gnu::noinline]] void value(std::string_view v) {
        separate();
        quote(v);
    }
    void value(char const* v) { value(std::string_view(v)); }
    template <std::same_as<bool> B>
    void value(B v) {
        raw(v ? "true" : "false");
    }
    template <std::integral I>
    requires(!std::same_as<I, bool>) [[gnu::cold]] void value(I v) { raw(detail::message({v})); }
    template <std::floating_point F>
    void value(F v) {
        raw(number(v));
    }
    void null() { raw("null"); }
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
        if (detail::is_nan(v)) return "NaN"; // no JSON, but what Python writes and reads
        char digits[40];
        std::string out(digits, std::to_chars(digits, digits + sizeof digits, v).ptr);
        if (out.find("inf") != std::string::npos) return v < 0 ? "-Infinity" : "Infinity";
        if (out.find_first_of(".e") == std::string::npos) out += ".0";
        return out;
    }
    [[gnu::cold, gnu::noinline]] void quote(std::string_view v) {
        constexpr char hex[] = "0123456789abcdef";
        text_ += '"';
        for (char const c : v) {
            auto const code = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') (text_ += '\\') += c;
            else if (code >= 0x20) text_ += c;
            else ((text_ += "\\u00") += hex[code >> 4]) += hex[code & 15];
        }
        text_ += '"';
    }

    std::string text_, closers_;
    bool first_ = true;
};

} // namespace lamina
