// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>

#include <cstddef>
#include <string_view>

// Tables of names, written as one text: spaces part the words of a row, lines the rows. In a table
// of string views each word takes 40 bytes of the program besides its letters.

namespace lamina::detail {

/// Takes the first word, or with '\n' the first row, off a text.
std::string_view take_word(std::string_view& text, char end = ' ');
/// Is it one of these words?
bool is_among(std::string_view words, std::string_view word);
/// What stands behind this word in the row that begins with it; nothing if none does.
std::string_view row_of(std::string_view table, std::string_view first);

#if LAMINA_BODIES

[[gnu::cold, gnu::noinline]] LAMINA_INLINE std::string_view take_word(std::string_view& text,
                                                                      char end) {
    std::size_t size = 0;
    while (size < text.size() && text[size] != end) ++size;
    std::string_view const word(text.data(), size);
    text.remove_prefix(size < text.size() ? size + 1 : size);
    return word;
}
[[gnu::cold, gnu::noinline]] LAMINA_INLINE bool is_among(std::string_view words,
                                                         std::string_view word) {
    while (!words.empty())
        if (take_word(words) == word) return true;
    return false;
}
[[gnu::cold, gnu::noinline]] LAMINA_INLINE std::string_view row_of(std::string_view table,
                                                                   std::string_view first) {
    while (!table.empty()) {
        std::string_view row = take_word(table, '\n');
        if (take_word(row) == first) return row;
    }
    return {};
}

#endif

} // namespace lamina::detail
