// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/text_list.hpp>
#include <lamina/data/texts.hpp>
#include <lamina/data/tokenizer_options.hpp>
#include <lamina/data/utf8.hpp>
#include <lamina/data/word_map.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

/// The words of a text as Keras splits it: in lower case, what `filters` lists replaced by `split`,
/// cut at `split`, without empty ones.
std::vector<std::string> text_to_word_sequence(std::string_view text,
                                               TokenizerOptions const& options = {});

/// Words as numbers, the most frequent one first: Keras' Tokenizer.
///
///     Tokenizer tokenizer{{.num_words = 10000, .oov_token = "<OOV>"}};
///     tokenizer.fit_on_texts(texts);
///     auto x = pad_sequences(tokenizer.texts_to_sequences(texts), {.maxlen = 40});
///
/// Index 0 is no word's: it is left to padding. Among equally frequent words the one that came
/// first has the lower index. The files of to_json are Keras' own, in both directions.
///
/// Options     TokenizerOptions
/// Errors      (run time) Kind::argument: `split` is empty; nothing was fitted; a sequence's index
///             is negative. Kind::data: a JSON text is not a tokenizer's
/// Source      keras.preprocessing.text.Tokenizer (Keras 2.15); tf-idf: the second of its weighting
///             schemes, Manning, Raghavan and Schuetze (2008), section 6.4
class Tokenizer {
public:
    using Sequence = std::vector<std::int32_t>;
    using Words = std::vector<std::string>;

    explicit Tokenizer(TokenizerOptions options = {});

    /// Counts the words of these texts too, and numbers all words anew.
    void fit_on_texts(TextList const& texts);
    /// The same of texts that are split already: Keras' lists of lists. filters and split do not
    /// count.
    void fit_on_words(std::vector<Words> const& texts);
    /// Counts in how many of these sequences each index is, for MatrixMode::tfidf.
    void fit_on_sequences(std::vector<Sequence> const& sequences);

    /// Words that are not known are left out, or are the oov_token's index.
    std::vector<Sequence> texts_to_sequences(TextList const& texts) const;
    std::vector<Sequence> words_to_sequences(std::vector<Words> const& texts) const;
    /// Words with a space between. Indices that are not known are left out, or are the oov_token.
    std::vector<std::string> sequences_to_texts(std::vector<Sequence> const& sequences) const;

    /// (sequences, num_words): a row for each sequence, a column for each index.
    Tensor<float, 2> sequences_to_matrix(std::vector<Sequence> const& sequences,
                                         MatrixMode mode = MatrixMode::binary) const;
    Tensor<float, 2> texts_to_matrix(TextList const& texts,
                                     MatrixMode mode = MatrixMode::binary) const {
        return sequences_to_matrix(texts_to_sequences(texts), mode);
    }

    TokenizerOptions const& options() const { return options_; }
    /// The index of every word, num_words or not: tokenizer.word_index()["the"].
    WordMap const& word_index() const { return word_index_; }
    /// The word of every index: tokenizer.index_word()[7]. What is no word's index is missing().
    Texts const& index_word() const { return index_word_; }
    /// How often each word came, in the order in which they came.
    WordMap const& word_counts() const { return word_counts_; }
    /// In how many texts each word was.
    WordMap const& word_docs() const { return word_docs_; }
    /// How many texts and sequences were fitted.
    std::size_t document_count() const { return document_count_; }

    /// What Keras' tokenizer.to_json() gives, and tokenizer_from_json() reads.
    std::string to_json() const;
    /// What Keras' or our to_json wrote. `lower` says how, where the text says that it lowers.
    static Tokenizer from_json(std::string_view json, Lower lower = true);

private:
    friend std::vector<std::string> text_to_word_sequence(std::string_view text,
                                                          TokenizerOptions const& options);
    /// A text's words: parts of `room`, which holds the text as they are cut from it.
    std::vector<std::string_view> words_of(std::string_view text, std::string& room) const;
    void count(std::string_view word);
    void number_words();
    void fitted(char const* where) const;
    void encode(std::string_view word, Sequence& to) const;
    std::string lowered(std::string_view text) const {
        return options_.lower ? options_.lower.function(text) : std::string(text);
    }
    std::int64_t const* oov_index() const {
        return options_.oov_token ? word_index_.find(*options_.oov_token) : nullptr;
    }
    /// Is a word with this index out of num_words?
    bool beyond(std::int64_t index) const {
        return options_.num_words != 0 && index >= 0 &&
               static_cast<std::uint64_t>(index) >= options_.num_words;
    }

    /// The highest index that is taken from outside.
    static constexpr std::int32_t most_ = (1 << 24) - 1;

    TokenizerOptions options_;
    std::array<bool, 128> filtered_{};
    std::u32string wide_filters_; // those that are not ASCII
    WordMap word_counts_, word_docs_, word_index_;
    Texts index_word_;                                // by index
    std::map<std::int32_t, std::int64_t> index_docs_; // how many texts and sequences have an index
    std::size_t document_count_ = 0;
    std::vector<std::size_t> last_document_; // of each word counted: the text that it was last in
    std::size_t texts_seen_ = 0;
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Tokenizer::Tokenizer(TokenizerOptions options)
    : options_(std::move(options)) {
    if (options_.split.empty() && !options_.char_level) {
        detail::refuse("Tokenizer", {"split is empty. Say what stands between words, or set "
                                     "char_level to have every character a word."});
    }
    for (std::size_t at = 0; at < options_.filters.size();) {
        detail::CodePoint const c = detail::decode_utf8(options_.filters, at);
        at += c.size;
        if (!c.valid) detail::refuse("Tokenizer", {"filters is not UTF-8."});
        if (c.value < 0x80) filtered_[c.value] = true;
        else wide_filters_ += c.value;
    }
}

LAMINA_INLINE std::vector<std::string_view> Tokenizer::words_of(std::string_view text,
                                                                std::string& room) const {
    std::string const low = lowered(text);
    std::vector<std::string_view> words;
    if (options_.char_level) {
        room = low;
        for (std::size_t at = 0; at < room.size();) {
            std::size_t const size = detail::decode_utf8(room, at).size;
            words.push_back(std::string_view(room).substr(at, size));
            at += size;
        }
        return words;
    }
    room.clear();
    for (std::size_t at = 0; at < low.size();) {
        auto const byte = static_cast<unsigned char>(low[at]);
        if (byte < 0x80) {
            if (filtered_[byte]) room += options_.split;
            else room += low[at];
            ++at;
            continue;
        }
        detail::CodePoint const c = detail::decode_utf8(low, at);
        bool const filtered = c.valid && wide_filters_.find(c.value) != wide_filters_.npos;
        if (filtered) room += options_.split;
        else room.append(low, at, c.size);
        at += c.size;
    }
    for (std::string_view rest = room; !rest.empty();) {
        std::size_t const end = rest.find(options_.split);
        if (end != 0) words.push_back(rest.substr(0, end));
        rest.remove_prefix(end == rest.npos ? rest.size() : end + options_.split.size());
    }
    return words;
}

LAMINA_INLINE void Tokenizer::count(std::string_view word) {
    std::size_t const place = word_counts_.place(word);
    ++word_counts_.value(place);
    if (place >= last_document_.size()) last_document_.resize(place + 1, 0);
    if (std::exchange(last_document_[place], texts_seen_) != texts_seen_)
        ++word_docs_.value(word_docs_.place(word));
}

LAMINA_INLINE void Tokenizer::fit_on_texts(TextList const& texts) {
    std::string room;
    for (std::string_view const text : texts) {
        ++texts_seen_;
        for (std::string_view const word : words_of(text, room)) count(word);
    }
    document_count_ += texts.size();
    number_words();
}

LAMINA_INLINE void Tokenizer::fit_on_words(std::vector<Words> const& texts) {
    for (Words const& text : texts) {
        ++texts_seen_;
        for (std::string const& word : text) count(lowered(word));
    }
    document_count_ += texts.size();
    number_words();
}

LAMINA_INLINE void Tokenizer::number_words() {
    std::vector<std::size_t> order(word_counts_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        auto const n = word_counts_.value(a), m = word_counts_.value(b);
        return n != m ? n > m : a < b;
    });
    word_index_ = {};
    index_word_ = {};
    index_word_.push_missing();
    // The oov_token comes first, but where the texts have it as a word too, that one's index holds.
    if (options_.oov_token) {
        word_index_.set(*options_.oov_token, 1);
        if (word_counts_.contains(*options_.oov_token)) index_word_.push_missing();
        else index_word_.push_back(*options_.oov_token);
    }
    for (std::size_t const i : order) {
        word_index_.set(word_counts_.word(i), static_cast<std::int64_t>(index_word_.size()));
        index_word_.push_back(word_counts_.word(i));
    }
    for (auto const [word, documents] : word_docs_)
        index_docs_[static_cast<std::int32_t>(word_index_[word])] = documents;
}

[[gnu::cold]] LAMINA_INLINE void Tokenizer::fitted(char const* where) const {
    if (word_index_.empty())
        detail::refuse(where, {"no words are known yet. Call fit_on_texts first."});
}

LAMINA_INLINE void Tokenizer::encode(std::string_view word, Sequence& to) const {
    std::int64_t const* index = word_index_.find(word);
    if (!index || beyond(*index)) index = oov_index();
    if (index) to.push_back(static_cast<std::int32_t>(*index));
}

LAMINA_INLINE std::vector<Tokenizer::Sequence>
Tokenizer::texts_to_sequences(TextList const& texts) const {
    fitted("Tokenizer::texts_to_sequences");
    std::vector<Sequence> out(texts.size());
    std::string room;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        for (std::string_view const word : words_of(texts[i], room)) encode(word, out[i]);
    }
    return out;
}

LAMINA_INLINE std::vector<Tokenizer::Sequence>
Tokenizer::words_to_sequences(std::vector<Words> const& texts) const {
    fitted("Tokenizer::words_to_sequences");
    std::vector<Sequence> out(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        for (std::string const& word : texts[i]) encode(lowered(word), out[i]);
    }
    return out;
}

LAMINA_INLINE std::vector<std::string>
Tokenizer::sequences_to_texts(std::vector<Sequence> const& sequences) const {
    fitted("Tokenizer::sequences_to_texts");
    auto const is_word = [&](std::int64_t index) {
        return index >= 0 && std::size_t(index) < index_word_.size() &&
               !index_word_.missing(std::size_t(index));
    };
    std::int64_t const* const oov = oov_index();
    std::vector<std::string> out(sequences.size());
    for (std::size_t i = 0; i < sequences.size(); ++i) {
        bool first = true;
        for (std::int64_t index : sequences[i]) {
            if (!is_word(index) || beyond(index)) index = oov ? *oov : -1;
            if (!is_word(index)) continue;
            if (!std::exchange(first, false)) out[i] += ' ';
            out[i] += index_word_[std::size_t(index)];
        }
    }
    return out;
}

LAMINA_INLINE std::vector<std::string> text_to_word_sequence(std::string_view text,
                                                             TokenizerOptions const& options) {
    TokenizerOptions at_words = options;
    at_words.char_level = false;
    std::string room;
    std::vector<std::string> out;
    for (std::string_view const word : Tokenizer(std::move(at_words)).words_of(text, room))
        out.emplace_back(word);
    return out;
}

#endif

} // namespace lamina

// The JSON that Keras writes of a tokenizer, and texts as rows of a matrix: files of their own.
#include <lamina/data/tokenizer_json.hpp>
#include <lamina/data/tokenizer_matrix.hpp>
