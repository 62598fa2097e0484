// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/json_reader.hpp>
#include <lamina/data/json_writer.hpp>
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
    detail::JsonWriter json(detail::quote_ascii);
    json.object();
    json.member("version", "1.0");
    json.member("truncation", nullptr);
    json.key("padding");
    json.object();
    json.member("strategy", "BatchLongest");
    json.member("direction", "Right");
    json.member("pad_to_multiple_of", nullptr);
    json.member("pad_id", pad_);
    json.member("pad_type_id", 0);
    json.member("pad_token", options_.pad_token);
    json.end();
    json.key("added_tokens");
    detail::write_added_tokens(json, special_.all());
    json.key("normalizer");
    json.object();
    json.member("type", "BertNormalizer");
    json.member("clean_text", true);
    json.member("handle_chinese_chars", true);
    if (options_.strip_accents) json.member("strip_accents", *options_.strip_accents);
    else json.member("strip_accents", nullptr);
    json.member("lowercase", options_.lower);
    json.end();
    json.key("pre_tokenizer");
    json.object();
    json.member("type", "BertPreTokenizer");
    json.end();
    json.key("post_processor");
    json.object();
    json.member("type", "BertProcessing");
    auto const pair = [&](char const* name, std::string const& token, std::int32_t id) {
        json.key(name);
        json.array();
        json.value(token);
        json.value(id);
        json.end();
    };
    pair("sep", options_.sep_token, sep_);
    pair("cls", options_.cls_token, cls_);
    json.end();
    json.key("decoder");
    json.object();
    json.member("type", "WordPiece");
    json.member("prefix", "##");
    json.member("cleanup", true);
    json.end();
    json.key("model");
    json.object();
    json.member("type", "WordPiece");
    json.member("unk_token", options_.unk_token);
    json.member("continuing_subword_prefix", "##");
    json.member("max_input_chars_per_word", options_.max_input_chars_per_word);
    json.key("vocab");
    detail::write_vocabulary(json, vocabulary_);
    json.end();
    json.end();
    return std::move(json).text();
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
