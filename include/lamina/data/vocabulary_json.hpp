// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/json_reader.hpp>
#include <lamina/data/json_writer.hpp>
#include <lamina/data/special_tokens.hpp>
#include <lamina/data/vocabulary.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What the JSON files of tokenizers have in common: HuggingFace's tokenizer.json and GPT-2's
// encoder.json.

namespace lamina::detail {

/// {"the": 0, "cat": 1}; `size` is that of the text, so that no id can ask for any memory it likes.
Vocabulary read_vocabulary(JsonReader& reader, std::size_t size, std::string_view where);
void write_vocabulary(JsonWriter& json, Vocabulary const& vocabulary);

/// The special tokens that tokenizer.json lists beside the vocabulary, in the order of their ids.
/// One that the vocabulary lacks becomes its next token.
std::vector<SpecialToken> read_added_tokens(JsonReader& reader);
void add_tokens(Vocabulary& vocabulary, std::vector<SpecialToken> const& tokens,
                std::string_view where);
void write_added_tokens(JsonWriter& json, std::vector<SpecialToken> tokens);

/// Reads a text that must be this one, or a truth that must be this one; null is taken as well.
void expect_text(JsonReader& reader, std::string_view text);
void expect_truth(JsonReader& reader, bool value);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Vocabulary read_vocabulary(JsonReader& reader, std::size_t size,
                                                       std::string_view where) {
    std::vector<std::string> tokens;
    std::vector<bool> seen;
    std::size_t count = 0;
    reader.object([&](std::string const& token) {
        std::int64_t const id = reader.whole();
        // Each member takes more than one byte: an id beyond the text's size is no token's.
        if (id < 0 || std::uint64_t(id) >= size) reader.bad("the id is out of range");
        auto const at = static_cast<std::size_t>(id);
        if (at >= tokens.size()) {
            tokens.resize(at + 1);
            seen.resize(at + 1);
        }
        if (seen[at]) reader.bad("the id is another token's already");
        seen[at] = true;
        tokens[at] = token;
        ++count;
    });
    if (count != tokens.size()) {
        fail(Error::Kind::data, {where},
             {"the highest id is ", tokens.size() - 1, ", and there are ", Counted{count, "token"},
              ". The ids should be 0, 1, ... without a gap."});
    }
    Vocabulary all;
    for (std::size_t id = 0; id < tokens.size(); ++id) {
        if (std::size_t(all.add(tokens[id])) != id) {
            fail(Error::Kind::data, {where},
                 {"the token ", Quoted{tokens[id]}, " is there twice."});
        }
    }
    return all;
}

[[gnu::cold]] LAMINA_INLINE void write_vocabulary(JsonWriter& json, Vocabulary const& vocabulary) {
    json.object();
    for (std::size_t id = 0; id < vocabulary.size(); ++id)
        json.member(vocabulary.token(static_cast<std::int32_t>(id)), id);
    json.end();
}

[[gnu::cold]] LAMINA_INLINE std::vector<SpecialToken> read_added_tokens(JsonReader& reader) {
    std::vector<SpecialToken> all;
    reader.array([&] {
        SpecialToken token;
        bool special = false;
        reader.object([&](std::string const& key) {
            if (key == "id") {
                std::int64_t const id = reader.whole();
                if (id < 0 || id > 0x7fffffff) reader.bad("the id is out of range");
                token.id = static_cast<std::int32_t>(id);
            } else if (key == "content") token.text = reader.string();
            else if (key == "special") special = reader.boolean();
            else if (key == "lstrip") token.lstrip = reader.boolean();
            else if (key == "rstrip") token.rstrip = reader.boolean();
            else if (key == "single_word") expect_truth(reader, false);
            else reader.skip();
        });
        if (token.text.empty() || token.id < 0) reader.bad("an added token has no content");
        if (!special) reader.bad("a token is added that is not special, which is not supported");
        all.push_back(std::move(token));
    });
    std::sort(all.begin(), all.end(),
              [](SpecialToken const& a, SpecialToken const& b) { return a.id < b.id; });
    return all;
}

[[gnu::cold]] LAMINA_INLINE void add_tokens(Vocabulary& vocabulary,
                                            std::vector<SpecialToken> const& tokens,
                                            std::string_view where) {
    for (SpecialToken const& token : tokens) {
        std::int32_t const id = vocabulary.add(token.text);
        if (id == token.id) continue;
        fail(Error::Kind::data, {where},
             {"the added token ", Quoted{token.text}, " has the id ", token.id,
              ", and in the vocabulary it is ", id, "."});
    }
}

[[gnu::cold]] LAMINA_INLINE void write_added_tokens(JsonWriter& json,
                                                    std::vector<SpecialToken> tokens) {
    std::sort(tokens.begin(), tokens.end(),
              [](SpecialToken const& a, SpecialToken const& b) { return a.id < b.id; });
    json.array();
    for (SpecialToken const& token : tokens) {
        json.object();
        json.member("id", token.id);
        json.member("content", token.text);
        json.member("single_word", false);
        json.member("lstrip", token.lstrip);
        json.member("rstrip", token.rstrip);
        json.member("normalized", false);
        json.member("special", true);
        json.end();
    }
    json.end();
}

[[gnu::cold]] LAMINA_INLINE void expect_text(JsonReader& reader, std::string_view text) {
    if (!reader.null() && reader.string() != text)
        reader.bad(message({"there should be ", Quoted{text}, ": other rules are not supported"}));
}
[[gnu::cold]] LAMINA_INLINE void expect_truth(JsonReader& reader, bool value) {
    if (!reader.null() && reader.boolean() != value)
        reader.bad(message(
            {"there should be ", value ? "true" : "false", ": other rules are not supported"}));
}

#endif

} // namespace lamina::detail
