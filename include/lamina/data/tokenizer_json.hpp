// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/data/tokenizer.hpp>
#include <lamina/data/word_map.hpp>

#if LAMINA_BODIES
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/json_reader.hpp>
#include <lamina/data/json_writer.hpp>

#include <algorithm>
#include <charconv>
#endif

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Tokenizer::to_json and from_json: Keras' text.

namespace lamina {

#if LAMINA_BODIES

namespace detail {

/// {"a": 1, "b": 2}, as the text that Keras makes of it.
[[gnu::cold]] LAMINA_INLINE std::string json_counts(WordMap const& map) {
    JsonWriter json(quote_ascii);
    json.object();
    for (auto const [word, value] : map) json.member(word, value);
    json.end();
    return std::move(json).text();
}

[[gnu::cold]] LAMINA_INLINE WordMap json_counts_of(std::string const& json, std::string_view name) {
    WordMap map;
    JsonReader reader(json, name);
    reader.object([&](std::string const& key) {
        std::int64_t const value = reader.whole();
        if (value < 0) reader.bad("a number is negative");
        map.set(key, value);
    });
    reader.end();
    return map;
}

/// An index that is an object's key: "12".
[[gnu::cold]] LAMINA_INLINE std::int32_t json_index(std::string const& key, std::size_t most,
                                                    JsonReader& reader) {
    std::int32_t index = -1; // where the number is too large too
    char const* const end = key.data() + key.size();
    bool const number = std::from_chars(key.data(), end, index).ptr == end;
    if (!number || index < 0 || std::size_t(index) > most)
        reader.bad(message({"the key should be an index from 0 to ", most}));
    return index;
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE std::string Tokenizer::to_json() const {
    using detail::JsonWriter, detail::quote_ascii;
    // Words and numbers are JSON within a text: that is how Keras writes them.
    JsonWriter docs(quote_ascii), words(quote_ascii);
    docs.object();
    for (auto const& [index, documents] : index_docs_)
        docs.member(std::to_string(index), documents);
    docs.end();
    words.object();
    for (std::size_t i = 0; i < index_word_.size(); ++i)
        if (!index_word_.missing(i)) words.member(std::to_string(i), index_word_[i]);
    words.end();

    JsonWriter json(quote_ascii);
    json.object();
    json.member("class_name", "Tokenizer");
    json.key("config");
    json.object();
    if (options_.num_words) json.member("num_words", options_.num_words);
    else json.member("num_words", nullptr);
    json.member("filters", options_.filters);
    json.member("lower", bool(options_.lower));
    json.member("split", options_.split);
    json.member("char_level", options_.char_level);
    if (options_.oov_token) json.member("oov_token", *options_.oov_token);
    else json.member("oov_token", nullptr);
    json.member("document_count", document_count_);
    json.member("word_counts", detail::json_counts(word_counts_));
    json.member("word_docs", detail::json_counts(word_docs_));
    json.member("index_docs", docs.text());
    json.member("index_word", words.text());
    json.member("word_index", detail::json_counts(word_index_));
    json.end();
    json.end();
    return std::move(json).text();
}

namespace detail {

/// What stands in a tokenizer's JSON. Words and numbers are JSON within a text there.
struct TokenizerConfig {
    TokenizerOptions options;
    std::int64_t documents = 0;
    std::string counts = "{}", docs = "{}", index_docs = "{}", index_word = "{}", word_index;
};

[[gnu::cold]] LAMINA_INLINE void read_tokenizer_config(JsonReader& reader, Lower lower,
                                                       TokenizerConfig& to) {
    reader.object([&](std::string const& key) {
        if (key == "num_words") {
            std::int64_t const n = reader.null() ? 0 : reader.whole();
            if (n < 0) reader.bad("num_words is negative");
            to.options.num_words = static_cast<std::size_t>(n);
        } else if (key == "filters") to.options.filters = reader.string();
        else if (key == "lower") to.options.lower = reader.boolean() ? lower : Lower(false);
        else if (key == "split") to.options.split = reader.string();
        else if (key == "char_level") to.options.char_level = reader.boolean();
        else if (key == "oov_token") {
            if (!reader.null()) to.options.oov_token = reader.string();
        } else if (key == "document_count") {
            to.documents = reader.whole();
            if (to.documents < 0) reader.bad("document_count is negative");
        } else if (key == "word_counts") to.counts = reader.string();
        else if (key == "word_docs") to.docs = reader.string();
        else if (key == "index_docs") to.index_docs = reader.string();
        else if (key == "index_word") to.index_word = reader.string();
        else if (key == "word_index") to.word_index = reader.string();
        else reader.skip();
    });
}

/// {"1": 3, "2": 1}: numbers by index.
[[gnu::cold]] LAMINA_INLINE std::map<std::int32_t, std::int64_t>
json_numbers_of(std::string const& json, std::size_t most) {
    std::map<std::int32_t, std::int64_t> numbers;
    JsonReader reader(json, "Tokenizer::from_json, index_docs");
    reader.object([&](std::string const& key) {
        std::int32_t const index = json_index(key, most, reader);
        numbers[index] = reader.whole();
        if (numbers[index] < 0) reader.bad("a number is negative");
    });
    reader.end();
    return numbers;
}

/// {"1": "the", "2": "cat"}: words by index. Words have the lowest indices, and each takes more
/// than a byte: an index beyond the text's size is none, and cannot ask for any memory it likes.
[[gnu::cold]] LAMINA_INLINE Texts json_words_of(std::string const& json, std::size_t most) {
    std::vector<std::string> words;
    std::vector<bool> there;
    JsonReader reader(json, "Tokenizer::from_json, index_word");
    reader.object([&](std::string const& key) {
        auto const index = std::size_t(json_index(key, std::min(most, json.size()), reader));
        if (index >= words.size()) {
            words.resize(index + 1);
            there.resize(index + 1);
        }
        words[index] = reader.string();
        there[index] = true;
    });
    reader.end();
    Texts texts;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (there[i]) texts.push_back(words[i]);
        else texts.push_missing();
    }
    return texts;
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE Tokenizer Tokenizer::from_json(std::string_view json, Lower lower) {
    constexpr std::string_view where = "Tokenizer::from_json";
    detail::TokenizerConfig config;
    detail::JsonReader reader(json, where);
    reader.object([&](std::string const& key) {
        if (key == "config") detail::read_tokenizer_config(reader, lower, config);
        else reader.skip();
    });
    reader.end();
    if (config.word_index.empty()) {
        detail::fail(Error::Kind::data, {where},
                     {"there is no config with a word_index: this is not what a tokenizer's "
                      "to_json gives."});
    }

    Tokenizer made(std::move(config.options));
    made.document_count_ = static_cast<std::size_t>(config.documents);
    made.word_counts_ = detail::json_counts_of(config.counts, "Tokenizer::from_json, word_counts");
    made.word_docs_ = detail::json_counts_of(config.docs, "Tokenizer::from_json, word_docs");
    made.word_index_ =
        detail::json_counts_of(config.word_index, "Tokenizer::from_json, word_index");
    for (auto const [word, index] : made.word_index_) {
        if (index <= most_) continue;
        detail::fail(
            Error::Kind::data, {where},
            {"the index of ", detail::Quoted{word}, " is ", index, ", more than ", most_, "."});
    }
    for (auto const [word, texts] : made.word_docs_) {
        if (made.word_counts_.contains(word)) continue;
        detail::fail(
            Error::Kind::data, {where},
            {"word_docs has the word ", detail::Quoted{word}, " and word_counts does not."});
    }
    made.index_docs_ = detail::json_numbers_of(config.index_docs, most_);
    made.index_word_ = detail::json_words_of(config.index_word, most_);
    return made;
}

#endif

} // namespace lamina
