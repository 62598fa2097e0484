// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/json.hpp>
#include <lamina/data/vocabulary.hpp>
#include <lamina/data/vocabulary_json.hpp>
#include <lamina/data/word_piece.hpp>
#include <lamina/data/word_piece_options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// WordPiece as HuggingFace's tokenizer.json. Of the special tokens unk_token stands in the model,
// pad_token in the padding, cls_token and sep_token in the post_processor; mask_token is the one
// among the added tokens that is none of these.

namespace lamina {

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE std::string WordPiece::to_json() const {
    auto const quoted = [](std::string_view text) {
        std::string to;
        detail::append_json(to, text);
        return to;
    };
    auto const truth = [](bool value) { return value ? "true" : "false"; };
    std::string out =
        "{\"version\": \"1.0\", \"truncation\": null, \"padding\": {\"strategy\": "
        "\"BatchLongest\", \"direction\": \"Right\", \"pad_to_multiple_of\": null, \"pad_id\": " +
        std::to_string(pad_) +
        ", \"pad_type_id\": 0, \"pad_token\": " + quoted(options_.pad_token) +
        "}, \"added_tokens\": ";
    detail::append_added_tokens(out, special_.all());
    out += ", \"normalizer\": {\"type\": \"BertNormalizer\", \"clean_text\": true, "
           "\"handle_chinese_chars\": true, \"strip_accents\": ";
    out += options_.strip_accents ? truth(*options_.strip_accents) : "null";
    out += ", \"lowercase\": ";
    out += truth(options_.lower);
    out += "}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, \"post_processor\": {\"type\": "
           "\"BertProcessing\", \"sep\": [" +
           quoted(options_.sep_token) + ", " + std::to_string(sep_) + "], \"cls\": [" +
           quoted(options_.cls_token) + ", " + std::to_string(cls_) +
           "]}, \"decoder\": {\"type\": \"WordPiece\", \"prefix\": \"##\", \"cleanup\": true}, "
           "\"model\": {\"type\": \"WordPiece\", \"unk_token\": " +
           quoted(options_.unk_token) +
           ", \"continuing_subword_prefix\": \"##\", \"max_input_chars_per_word\": " +
           std::to_string(options_.max_input_chars_per_word) + ", \"vocab\": ";
    detail::append_vocabulary(out, vocabulary_);
    return out + "}}";
}

[[gnu::cold]] LAMINA_INLINE WordPiece WordPiece::from_json(std::string_view json,
                                                           WordPieceOptions options) {
    constexpr std::string_view where = "WordPiece::from_json";
    detail::JsonReader reader(json, where);
    Vocabulary vocabulary;
    std::vector<detail::SpecialToken> added;
    bool normalizes = false, pieces = false;
    auto const read_padding = [&](std::string const& key) {
        if (key == "pad_token") options.pad_token = reader.string();
        else reader.skip();
    };
    auto const read_normalizer = [&](std::string const& key) {
        if (key == "type") detail::expect_text(reader, "BertNormalizer"), normalizes = true;
        else if (key == "clean_text" || key == "handle_chinese_chars")
            detail::expect_truth(reader, true);
        else if (key == "lowercase") options.lower = reader.boolean();
        else if (key == "strip_accents") {
            if (reader.null()) options.strip_accents.reset();
            else options.strip_accents = reader.boolean();
        } else reader.skip();
    };
    auto const read_splitting = [&](std::string const& key) {
        if (key == "type") detail::expect_text(reader, "BertPreTokenizer");
        else reader.skip();
    };
    auto const read_processor = [&](std::string const& key) {
        if (key != "sep" && key != "cls") return reader.skip();
        std::string& token = key == "sep" ? options.sep_token : options.cls_token;
        reader.array([&] { // ["[SEP]", 102]
            if (reader.text_next()) token = reader.string();
            else reader.skip();
        });
    };
    auto const read_model = [&](std::string const& key) {
        if (key == "type") detail::expect_text(reader, "WordPiece"), pieces = true;
        else if (key == "unk_token") options.unk_token = reader.string();
        else if (key == "continuing_subword_prefix") detail::expect_text(reader, "##");
        else if (key == "max_input_chars_per_word") {
            std::int64_t const n = reader.whole();
            if (n < 1) reader.bad("max_input_chars_per_word is no number of characters");
            options.max_input_chars_per_word = static_cast<std::size_t>(n);
        } else if (key == "vocab") {
            vocabulary = detail::read_vocabulary(reader, json.size(), where);
        } else reader.skip();
    };
    auto const maybe = [&](auto const& take) {
        if (!reader.null()) reader.object(take);
    };
    reader.object([&](std::string const& key) {
        if (key == "added_tokens") added = detail::read_added_tokens(reader);
        else if (key == "padding") maybe(read_padding);
        else if (key == "normalizer") maybe(read_normalizer);
        else if (key == "pre_tokenizer") maybe(read_splitting);
        else if (key == "post_processor") maybe(read_processor);
        else if (key == "model") reader.object(read_model);
        else reader.skip();
    });
    reader.end();
    if (!normalizes || !pieces) {
        detail::fail(
            Error::Kind::data, {where},
            {"this is no tokenizer.json of BERT's: it has no ",
             pieces ? "normalizer of the type BertNormalizer." : "model of the type WordPiece."});
    }
    detail::add_tokens(vocabulary, added, where);
    std::vector<std::string> masks;
    for (auto const& token : added) {
        auto const is = [&](std::string const& name) { return token.text == name; };
        if (!is(options.unk_token) && !is(options.pad_token) && !is(options.cls_token) &&
            !is(options.sep_token))
            masks.push_back(token.text);
    }
    if (masks.size() == 1) options.mask_token = masks[0];
    return WordPiece(std::move(vocabulary), std::move(options), std::string(where),
                     std::move(added));
}

#endif

} // namespace lamina
