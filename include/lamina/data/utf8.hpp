// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lamina::detail {

/// A character of a text: its code point and its bytes. Of what is not UTF-8 each byte is a
/// character of its own that is not valid.
struct CodePoint {
    char32_t value;
    unsigned char size;
    bool valid;
};

/// The character that begins at byte `at`, which lies within the text.
/// Source: The Unicode Standard 15.0, table 3-7, "Well-Formed UTF-8 Byte Sequences".
inline CodePoint decode_utf8(std::string_view text, std::size_t at) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    unsigned const first = byte(0);
    if (first < 0x80) return {first, 1, true};
    CodePoint const bad{first, 1, false};
    unsigned const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() - at < size) return bad;
    // The second byte's range excludes overlong forms, surrogates and what lies above U+10FFFF.
    unsigned const low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned const high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high) return bad;
    char32_t value = first & (0x7fu >> size);
    for (unsigned i = 1; i < size; ++i) {
        if (i > 1 && (byte(i) & 0xc0) != 0x80) return bad;
        value = value << 6 | (byte(i) & 0x3fu);
    }
    return {value, static_cast<unsigned char>(size), true};
}

inline void append_utf8(std::string& to, char32_t c) {
    auto const put = [&](char32_t byte) { to += static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0 | c >> 6);
        put(0x80 | (c & 0x3f));
    } else {
        if (c < 0x10000) {
            put(0xe0 | c >> 12);
        } else {
            put(0xf0 | c >> 18);
            put(0x80 | (c >> 12 & 0x3f));
        }
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    }
}

} // namespace lamina::detail
