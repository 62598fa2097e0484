// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lamina {

/// The text with the letters A to Z in lower case; all others stay as they are.
[[gnu::cold]] inline std::string ascii_lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    return out;
}

/// Whether and how a text is brought to lower case: true (A to Z), false, or a function, such as
/// unicode_lower of lamina/data/unicode.hpp.
struct Lower {
    using Function = std::string (*)(std::string_view);
    Function function = ascii_lower;

    Lower(bool on) : function(on ? ascii_lower : nullptr) {}
    Lower(Function f) : function(f) {}
    explicit operator bool() const { return function != nullptr; }
};

struct TokenizerOptions {
    /// Only words whose index is below it are known: the num_words - 1 most frequent ones. 0: all.
    std::size_t num_words = 0;
    /// Each of these characters is replaced by `split`.
    std::string filters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n";
    /// Python's str.lower, as Keras has it, is .lower = unicode_lower (lamina/data/unicode.hpp).
    Lower lower = true;
    /// What stands between words.
    std::string split = " ";
    /// Every character is a word; filters do not count then.
    bool char_level = false;
    /// What stands for words that are not known, instead of nothing; its index is 1.
    std::optional<std::string> oov_token = {};
};

/// What a matrix holds for a word of a text: whether it is there, how often, how often for each
/// word of the text, or (1 + log count) log(1 + documents / (1 + documents with it)).
enum class MatrixMode { binary, count, freq, tfidf };

} // namespace lamina
