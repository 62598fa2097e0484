// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Needs utf8proc: component `unicode`.
#include <lamina/data/unicode.hpp>
#include <lamina/data/utf8.hpp>

#include <cstddef>
#include <string>
#include <string_view>

// How BERT cuts a text into words: the rules of its BasicTokenizer.

namespace lamina::detail {

/// A Chinese character, as BERT counts them: the blocks of CJK ideographs.
inline bool is_chinese(char32_t c) {
    auto const within = [&](char32_t first, char32_t last) { return c >= first && c <= last; };
    return within(0x4e00, 0x9fff) || within(0x3400, 0x4dbf) || within(0x20000, 0x2a6df) ||
           within(0x2a700, 0x2ceaf) || within(0xf900, 0xfaff) || within(0x2f800, 0x2fa1f);
}
/// Punctuation, as BERT counts it: of ASCII all that is no letter, digit or space.
inline bool is_bert_punctuation(char32_t c) {
    if (c < 0x80) return c > ' ' && c < 0x7f && !unicode::is_letter(c) && !unicode::is_number(c);
    return unicode::is_punctuation(c);
}

/// The text between white space, cleaned: take(token) for each.
template <class Take>
void each_bert_token(std::string_view text, Take take) {
    std::string token;
    auto const flush = [&] {
        if (!token.empty()) take(std::string_view(token));
        token.clear();
    };
    for (std::size_t at = 0; at < text.size();) {
        CodePoint const c = decode_utf8(text, at);
        std::string_view const bytes = text.substr(at, c.size);
        at += c.size;
        if (c.value > ' ' && c.value < 0x7f) {
            token += bytes;
            continue;
        }
        bool const line = c.value == '\t' || c.value == '\n' || c.value == '\r';
        if (!c.valid || c.value == 0xfffd || (!line && unicode::is_control(c.value))) continue;
        if (unicode::is_space(c.value)) {
            flush();
        } else if (is_chinese(c.value)) {
            flush();
            take(bytes);
        } else {
            token += bytes;
        }
    }
    flush();
}

/// The words and punctuation marks of such a token: take(word) for each.
template <class Take>
void each_bert_word(std::string_view token, bool lower, bool strip_accents, Take take) {
    std::string word(token);
    bool ascii = true;
    for (char const c : word) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    if (lower) word = unicode_lower(word);
    if (strip_accents && !ascii) {
        std::string const apart = normalized(word, NormalForm::nfd);
        word.clear();
        for (std::size_t at = 0; at < apart.size();) {
            CodePoint const c = decode_utf8(apart, at);
            if (!unicode::is_accent(c.value)) word += std::string_view(apart).substr(at, c.size);
            at += c.size;
        }
    }
    std::size_t begin = 0;
    for (std::size_t at = 0; at < word.size();) {
        CodePoint const c = decode_utf8(word, at);
        std::size_t const end = at + c.size;
        if (is_bert_punctuation(c.value)) {
            if (at > begin) take(std::string_view(word).substr(begin, at - begin));
            take(std::string_view(word).substr(at, c.size));
            begin = end;
        }
        at = end;
    }
    if (begin < word.size()) take(std::string_view(word).substr(begin));
}

inline std::size_t count_characters(std::string_view utf8) {
    std::size_t n = 0;
    for (char const c : utf8) n += (c & 0xc0) != 0x80;
    return n;
}

} // namespace lamina::detail
