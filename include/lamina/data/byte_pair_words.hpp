// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Needs utf8proc: component `unicode`.
#include <lamina/data/unicode.hpp>
#include <lamina/data/utf8.hpp>

#include <cstddef>
#include <string_view>

// How GPT-2 cuts a text into words, and spells their bytes.

namespace lamina::detail {

/// How GPT-2's files spell a byte: visible characters of Latin-1 as they are, all others as U+0100,
/// U+0101, ...
inline char32_t spelled_byte(unsigned byte) {
    auto const visible = [](unsigned b) {
        return (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
    };
    if (visible(byte)) return byte;
    char32_t code = 0x100;
    for (unsigned b = 0; b < byte; ++b) code += !visible(b);
    return code;
}

/// GPT-2's words, in turn: next() is the end of the one that begins at byte `at`.
/// Source: the pattern 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
class WordScanner {
public:
    explicit WordScanner(std::string_view text) : text_(text) {}

    std::size_t next(std::size_t at) const {
        if (text_[at] == '\'') {
            for (std::string_view const ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
                if (text_.substr(at).starts_with(ending)) return at + ending.size();
        }
        // A space goes with the word behind it.
        std::size_t first = at;
        Kind kind = kind_at(first);
        if (text_[at] == ' ' && at + 1 < text_.size()) {
            std::size_t second = at + 1;
            Kind const behind = kind_at(second);
            if (behind != Kind::space) {
                first = second;
                kind = behind;
            }
        }
        // The run of this kind; of white space before a word the last character is not taken.
        std::size_t end = first, last = first;
        while (end < text_.size()) {
            std::size_t after = end;
            if (kind_at(after) != kind) break;
            last = end;
            end = after;
        }
        return kind == Kind::space && end < text_.size() && last > at ? last : end;
    }

private:
    enum class Kind { letter, number, space, other };

    /// What is at `at`, which is moved behind it.
    Kind kind_at(std::size_t& at) const {
        auto const byte = static_cast<unsigned char>(text_[at]);
        char32_t c = byte;
        if (byte < 0x80) {
            ++at;
        } else {
            CodePoint const wide = decode_utf8(text_, at);
            at += wide.size;
            if (!wide.valid) return Kind::other;
            c = wide.value;
        }
        return unicode::is_letter(c)   ? Kind::letter
               : unicode::is_number(c) ? Kind::number
               : unicode::is_space(c)  ? Kind::space
                                       : Kind::other;
    }

    std::string_view text_;
};

} // namespace lamina::detail
