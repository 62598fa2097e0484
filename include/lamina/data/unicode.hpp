// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The one header that includes utf8proc: what Unicode says of characters. Component `unicode`.
#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/utf8.hpp>

#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lamina {

/// The text in lower case as Python's str.lower gives it: by Unicode's rules, with a final sigma
/// where a Greek word ends, whatever the locale. Bytes that are not UTF-8 stay as they are.
///
///     Tokenizer tokenizer{{.lower = unicode_lower}};
///
/// Source      The Unicode Standard 15.0, section 3.13, "Default Case Algorithms"
std::string unicode_lower(std::string_view text);

/// Unicode's normal forms: characters taken apart (NFD), put together (NFC), and the same with
/// compatibility characters replaced (NFKD, NFKC).
enum class NormalForm { nfd, nfc, nfkd, nfkc };

/// The text in a normal form. Bytes that are not UTF-8 stay as they are.
///
/// Source      Unicode Standard Annex 15, "Unicode Normalization Forms"
std::string normalized(std::string_view text, NormalForm form);

namespace detail::unicode {

inline utf8proc_category_t category(char32_t c) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}
/// General category L: a letter.
inline bool is_letter(char32_t c) {
    if (c < 0x80) return (c | 32) >= 'a' && (c | 32) <= 'z';
    auto const k = category(c);
    return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}
/// General category N: a digit, a number, a fraction.
inline bool is_number(char32_t c) {
    if (c < 0x80) return c >= '0' && c <= '9';
    auto const k = category(c);
    return k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_NO;
}
/// General category P.
inline bool is_punctuation(char32_t c) {
    auto const k = category(c);
    return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}
/// General category C: controls, formats, private use, and what is not assigned.
inline bool is_control(char32_t c) {
    auto const k = category(c);
    return k >= UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CN;
}
/// Property White_Space.
inline bool is_space(char32_t c) {
    if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13);
    return c == 0x85 || c == 0x2028 || c == 0x2029 || category(c) == UTF8PROC_CATEGORY_ZS;
}
/// General category Mn: an accent on the character before.
inline bool is_accent(char32_t c) { return c >= 0x300 && category(c) == UTF8PROC_CATEGORY_MN; }

/// Property Cased, but for what is Case_Ignorable too.
inline bool is_cased(char32_t c) {
    auto const k = category(c);
    return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LT) || c == 0xaa || c == 0xba ||
           (c >= 0x2160 && c <= 0x217f) || (c >= 0x24b6 && c <= 0x24e9) ||
           (c >= 0x1f130 && c <= 0x1f149) || (c >= 0x1f150 && c <= 0x1f169) ||
           (c >= 0x1f170 && c <= 0x1f189);
}
/// Property Case_Ignorable: categories Mn, Me, Cf, Lm, Sk, and what Word_Break counts as
/// MidLetter, MidNumLet or Single_Quote.
inline bool is_case_ignorable(char32_t c) {
    auto const k = category(c);
    if (k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_ME || k == UTF8PROC_CATEGORY_CF ||
        k == UTF8PROC_CATEGORY_LM || k == UTF8PROC_CATEGORY_SK)
        return true;
    constexpr std::u32string_view within = U"\x27\x2e\x3a\xb7\x387\x55f\x5f4\x2018\x2019\x2024"
                                           U"\x2027\xfe13\xfe52\xfe55\xff07\xff0e\xff1a";
    return within.find(c) != within.npos;
}

} // namespace detail::unicode

#if LAMINA_BODIES

namespace detail::unicode {

/// Does a sigma at byte `at` end a word: behind a cased letter, and not before one?
[[gnu::cold]] LAMINA_INLINE bool ends_word(std::string_view text, std::size_t at,
                                           bool behind_cased) {
    if (!behind_cased) return false;
    for (at += 2; at < text.size();) { // a sigma has two bytes
        CodePoint const c = decode_utf8(text, at);
        if (!c.valid || !is_case_ignorable(c.value)) return !(c.valid && is_cased(c.value));
        at += c.size;
    }
    return true;
}

} // namespace detail::unicode

LAMINA_INLINE std::string unicode_lower(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool cased = false; // was the last character that is not case-ignorable a cased one?
    for (std::size_t at = 0; at < text.size();) {
        detail::CodePoint const c = detail::decode_utf8(text, at);
        if (c.value < 0x80) {
            bool const capital = c.value >= 'A' && c.value <= 'Z';
            out += static_cast<char>(capital ? c.value + 32 : c.value);
            if (capital || (c.value >= 'a' && c.value <= 'z')) cased = true;
            else if (!detail::unicode::is_case_ignorable(c.value)) cased = false;
            ++at;
            continue;
        }
        if (!c.valid) {
            out += text[at++];
            cased = false;
            continue;
        }
        if (c.value == 0x130) out += "i\xcc\x87"; // the one whose lower case is two characters
        else if (c.value == 0x3a3)
            detail::append_utf8(out, detail::unicode::ends_word(text, at, cased) ? 0x3c2 : 0x3c3);
        else
            detail::append_utf8(out, static_cast<char32_t>(
                                         utf8proc_tolower(static_cast<utf8proc_int32_t>(c.value))));
        if (!detail::unicode::is_case_ignorable(c.value))
            cased = detail::unicode::is_cased(c.value);
        at += c.size;
    }
    return out;
}

LAMINA_INLINE std::string normalized(std::string_view text, NormalForm form) {
    bool const compose = form == NormalForm::nfc || form == NormalForm::nfkc;
    bool const compatible = form == NormalForm::nfkd || form == NormalForm::nfkc;
    auto const options = static_cast<utf8proc_option_t>(
        UTF8PROC_STABLE | (compose ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE) |
        (compatible ? UTF8PROC_COMPAT : 0));
    std::string out;
    std::vector<utf8proc_int32_t> room;
    auto const append = [&](std::string_view part) {
        auto const* const bytes = reinterpret_cast<utf8proc_uint8_t const*>(part.data());
        auto const size = static_cast<utf8proc_ssize_t>(part.size());
        room.resize(part.size() + 16);
        utf8proc_ssize_t n =
            utf8proc_decompose(bytes, size, room.data(), utf8proc_ssize_t(room.size()), options);
        if (n > utf8proc_ssize_t(room.size())) {
            room.resize(std::size_t(n));
            n = utf8proc_decompose(bytes, size, room.data(), n, options);
        }
        if (n >= 0 && compose) n = utf8proc_normalize_utf32(room.data(), n, options);
        if (n < 0) detail::refuse("normalized", {utf8proc_errmsg(n), "."});
        for (std::size_t i = 0; i < std::size_t(n); ++i)
            detail::append_utf8(out, static_cast<char32_t>(room[i]));
    };
    for (std::size_t begin = 0, at = 0; begin < text.size();) {
        bool valid = true;
        while (at < text.size()) { // to the next byte that is none of UTF-8's
            detail::CodePoint const c = detail::decode_utf8(text, at);
            valid = c.valid;
            if (!valid) break;
            at += c.size;
        }
        if (at > begin) append(text.substr(begin, at - begin));
        if (!valid) out += text[at++];
        begin = at;
    }
    return out;
}

#endif

} // namespace lamina
