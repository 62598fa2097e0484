// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/bert_words.hpp>
#include <lamina/data/merges.hpp>
#include <lamina/data/special_tokens.hpp>
#include <lamina/data/text_list.hpp>
#include <lamina/data/utf8.hpp>
#include <lamina/data/vocabulary.hpp>
#include <lamina/data/word_piece.hpp>
#include <lamina/data/word_piece_options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// WordPiece::train.

namespace lamina {

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE WordPiece WordPiece::train(TextList const& texts,
                                                       WordPieceTraining const& training,
                                                       WordPieceOptions options) {
    constexpr auto where = "WordPiece::train";
    bool const strip = options.strip_accents.value_or(options.lower);
    Vocabulary all, words;
    detail::SpecialTokens special;
    for (std::string const& token : {options.pad_token, options.unk_token, options.cls_token,
                                     options.sep_token, options.mask_token}) {
        if (token.empty()) detail::refuse(where, {"a special token is empty."});
        special.add(token, all.add(token));
    }

    std::vector<std::int64_t> counts;
    std::map<char32_t, std::int64_t> characters;
    for (std::string_view const text : texts) {
        auto const count = [&](std::string_view word) {
            if (detail::count_characters(word) > options.max_input_chars_per_word) return;
            auto const i = std::size_t(words.add(word));
            if (i == counts.size()) counts.push_back(0);
            ++counts[i];
        };
        auto const plain = [&](std::string_view part) {
            detail::each_bert_token(part, [&](std::string_view token) {
                detail::each_bert_word(token, options.lower, strip, count);
            });
        };
        special.split(text, plain, [](std::int32_t) {});
    }
    if (words.size() == 0) detail::refuse(where, {"there are no words in the texts."});
    auto const each_character = [&](std::size_t word, auto take) {
        std::string_view const text = words.token(static_cast<std::int32_t>(word));
        for (std::size_t at = 0; at < text.size();) {
            detail::CodePoint const c = detail::decode_utf8(text, at);
            take(c.value);
            at += c.size;
        }
    };
    for (std::size_t i = 0; i < words.size(); ++i)
        each_character(i, [&](char32_t c) { characters[c] += counts[i]; });
    if (characters.size() > training.limit_alphabet) { // the rarest ones go, of those the last ones
        std::vector<std::pair<std::int64_t, char32_t>> order;
        for (auto const& [c, n] : characters) order.emplace_back(-n, c);
        std::sort(order.begin(), order.end());
        for (std::size_t i = training.limit_alphabet; i < order.size(); ++i)
            characters.erase(order[i].second);
    }

    // Characters in order, first as they begin a word, then as they go on.
    std::map<char32_t, std::int32_t> begins, goes_on;
    for (bool const first : {true, false}) {
        for (auto const& [c, n] : characters) {
            std::string token = first ? "" : "##";
            detail::append_utf8(token, c);
            (first ? begins : goes_on)[c] = all.add(token);
        }
    }
    if (all.size() > training.vocabulary_size) {
        detail::refuse(where, {"vocabulary_size is ", training.vocabulary_size,
                               ". The special tokens and the characters of these texts alone are ",
                               all.size(), ": set .limit_alphabet lower or the size higher."});
    }
    detail::MergeTrainer trainer;
    for (std::size_t i = 0; i < words.size(); ++i) {
        Ids symbols;
        bool known = true;
        each_character(i, [&](char32_t c) {
            auto const& of = symbols.empty() ? begins : goes_on;
            auto const found = of.find(c);
            known = known && found != of.end();
            if (known) symbols.push_back(found->second);
        });
        if (known) trainer.add(std::move(symbols), counts[i]);
    }
    trainer.run(
        static_cast<std::int64_t>(std::max<std::size_t>(training.min_frequency, 1)),
        [&] { return all.size() < training.vocabulary_size; },
        [&](std::int32_t left, std::int32_t right) {
            std::string token(all.token(left));
            token += all.token(right).substr(2);
            return all.add(token);
        });
    return WordPiece(std::move(all), std::move(options), where);
}

#endif

} // namespace lamina
