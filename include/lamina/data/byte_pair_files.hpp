// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/byte_pair.hpp>
#include <lamina/data/byte_pair_words.hpp>
#include <lamina/data/file.hpp>
#include <lamina/data/json_reader.hpp>
#include <lamina/data/json_writer.hpp>
#include <lamina/data/utf8.hpp>
#include <lamina/data/vocabulary.hpp>
#include <lamina/data/vocabulary_json.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// BytePair's files: GPT-2's two, and HuggingFace's tokenizer.json.

namespace lamina {

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void BytePair::find_bytes(std::string_view where) {
    for (unsigned b = 0; b < 256; ++b) {
        std::string spelled;
        detail::append_utf8(spelled, detail::spelled_byte(b));
        auto const id = vocabulary_.find(spelled);
        if (!id) {
            detail::fail(Error::Kind::data, {where},
                         {"there is no token ", detail::Quoted{spelled}, " for the byte ", b,
                          ". A byte-level vocabulary has one for each of the 256 bytes."});
        }
        byte_ids_[b] = *id;
    }
}

[[gnu::cold]] LAMINA_INLINE void BytePair::read_merge(std::string_view left, std::string_view right,
                                                      std::string_view where) {
    std::string const both = std::string(left) + std::string(right);
    std::string const line = std::string(left) + (right.empty() ? "" : " ") + std::string(right);
    auto const bad = [&](std::initializer_list<detail::Piece> what) {
        detail::fail(Error::Kind::data, {where}, what);
    };
    if (left.empty() || right.empty() || both.find(' ') != both.npos)
        bad({detail::Quoted{line}, " is no merge: two tokens with one space between."});
    auto const a = vocabulary_.find(left), b = vocabulary_.find(right), ab = vocabulary_.find(both);
    if (!a || !b || !ab) {
        std::string_view const lacking = !a ? left : !b ? right : std::string_view(both);
        bad({"the vocabulary lacks ", detail::Quoted{lacking},
             ". Are vocabulary and merges of the same tokenizer?"});
    }
    if (rank(*a, *b) >= 0) bad({"the merge ", detail::Quoted{line}, " is there twice."});
    add_merge({*a, *b, *ab});
}

[[gnu::cold]] LAMINA_INLINE BytePair BytePair::load(std::string const& vocabulary_path,
                                                    std::string const& merges_path,
                                                    BytePairOptions const& options) {
    BytePair made;
    {
        detail::FileText const file(vocabulary_path);
        detail::JsonReader reader(file.view(), vocabulary_path);
        made.vocabulary_ = detail::read_vocabulary(reader, file.size, vocabulary_path);
        reader.end();
    }
    made.find_bytes(vocabulary_path);
    detail::FileText const file(merges_path);
    std::string_view rest = file.view();
    for (std::size_t number = 1; !rest.empty(); ++number) {
        std::size_t const end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
        std::size_t const space = line.find(' ');
        made.read_merge(line.substr(0, space),
                        space == line.npos ? std::string_view() : line.substr(space + 1),
                        merges_path + ":" + std::to_string(number));
    }
    made.set_special(detail::special_tokens_of(options.special_tokens), vocabulary_path);
    made.spell_out();
    return made;
}

[[gnu::cold]] LAMINA_INLINE void BytePair::save(std::string const& vocabulary_path,
                                                std::string const& merges_path) const {
    detail::JsonWriter json(detail::quote_ascii);
    detail::write_vocabulary(json, vocabulary_);
    std::string lines = "#version: 0.2\n";
    for (Merge const& m : merges_) {
        lines += vocabulary_.token(m.left);
        lines += ' ';
        lines += vocabulary_.token(m.right);
        lines += '\n';
    }
    detail::write_file(vocabulary_path, json.text());
    detail::write_file(merges_path, lines);
}

[[gnu::cold]] LAMINA_INLINE std::string BytePair::to_json() const {
    detail::JsonWriter json(detail::quote_ascii);
    json.object();
    json.member("version", "1.0");
    json.member("truncation", nullptr);
    json.member("padding", nullptr);
    json.key("added_tokens");
    detail::write_added_tokens(json, special_.all());
    json.member("normalizer", nullptr);
    for (char const* const part : {"pre_tokenizer", "post_processor", "decoder"}) {
        json.key(part);
        json.object();
        json.member("type", "ByteLevel");
        json.member("add_prefix_space", false);
        json.member("trim_offsets", true);
        json.member("use_regex", true);
        json.end();
    }
    json.key("model");
    json.object();
    json.member("type", "BPE");
    json.member("dropout", nullptr);
    json.member("unk_token", nullptr);
    json.member("continuing_subword_prefix", "");
    json.member("end_of_word_suffix", "");
    json.member("fuse_unk", false);
    json.member("byte_fallback", false);
    json.key("vocab");
    detail::write_vocabulary(json, vocabulary_);
    json.key("merges");
    json.array();
    for (Merge const& m : merges_)
        json.value(detail::message({vocabulary_.token(m.left), " ", vocabulary_.token(m.right)}));
    json.end();
    json.end();
    json.end();
    return std::move(json).text();
}

[[gnu::cold]] LAMINA_INLINE BytePair BytePair::from_json(std::string_view json) {
    constexpr std::string_view where = "BytePair::from_json";
    detail::JsonReader reader(json, where);
    BytePair made;
    std::vector<detail::SpecialToken> added;
    std::vector<std::pair<std::string, std::string>> merges;
    bool byte_level = false, pairs = false;
    auto const read_splitting = [&](std::string const& key) {
        if (key == "type") detail::expect_text(reader, "ByteLevel"), byte_level = true;
        else if (key == "add_prefix_space") detail::expect_truth(reader, false);
        else if (key == "use_regex") detail::expect_truth(reader, true);
        else reader.skip();
    };
    auto const read_merges = [&] { // "a b", or ["a", "b"]
        std::string both[2];
        if (reader.text_next()) {
            std::string const line = reader.string();
            std::size_t const space = line.find(' ');
            both[0] = line.substr(0, space);
            if (space != line.npos) both[1] = line.substr(space + 1);
        } else {
            std::size_t n = 0;
            reader.array([&] {
                if (n == 2) reader.bad("a merge is of two tokens");
                both[n++] = reader.string();
            });
        }
        merges.emplace_back(std::move(both[0]), std::move(both[1]));
    };
    auto const read_model = [&](std::string const& key) {
        if (key == "type") detail::expect_text(reader, "BPE"), pairs = true;
        else if (key == "continuing_subword_prefix" || key == "end_of_word_suffix")
            detail::expect_text(reader, "");
        else if (key == "byte_fallback" || key == "ignore_merges")
            detail::expect_truth(reader, false);
        else if (key == "vocab")
            made.vocabulary_ = detail::read_vocabulary(reader, json.size(), where);
        else if (key == "merges") reader.array(read_merges);
        else reader.skip();
    };
    reader.object([&](std::string const& key) {
        if (key == "added_tokens") added = detail::read_added_tokens(reader);
        else if (key == "normalizer") {
            if (!reader.null()) reader.bad("a normalizer is not supported");
        } else if (key == "pre_tokenizer") reader.object(read_splitting);
        else if (key == "model") reader.object(read_model);
        else reader.skip();
    });
    reader.end();
    if (!byte_level || !pairs) {
        detail::fail(Error::Kind::data, {where},
                     {"this is no tokenizer.json of byte-level byte pairs: it has no ",
                      pairs ? "pre_tokenizer of the type ByteLevel." : "model of the type BPE."});
    }
    detail::add_tokens(made.vocabulary_, added, where);
    made.find_bytes(where);
    for (auto const& [left, right] : merges) made.read_merge(left, right, where);
    made.set_special(std::move(added), std::string(where));
    made.spell_out();
    return made;
}

#endif

} // namespace lamina
