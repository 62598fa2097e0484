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

namespace detail {

/// The steps of WordPiece::train, one after the other.
class WordPieceTrainer {
public:
    WordPieceTrainer(WordPieceTraining const& training, WordPieceOptions const& options)
        : training_(training), options_(options) {}

    void add_special_tokens();
    void count_words(TextList const& texts);
    void add_characters();
    void merge();

    Vocabulary vocabulary;

private:
    std::map<char32_t, std::int64_t> alphabet() const;
    template <class Take>
    void each_character(std::size_t word, Take take) const {
        std::string_view const text = words_.token(static_cast<std::int32_t>(word));
        for (std::size_t at = 0; at < text.size();) {
            CodePoint const c = decode_utf8(text, at);
            take(c.value);
            at += c.size;
        }
    }

    WordPieceTraining const& training_;
    WordPieceOptions const& options_;
    SpecialTokens special_;
    Vocabulary words_;
    std::vector<std::int64_t> counts_;                  // of each word
    std::map<char32_t, std::int32_t> begins_, goes_on_; // tokens of a character, by where it stands
};

[[gnu::cold]] LAMINA_INLINE void WordPieceTrainer::add_special_tokens() {
    std::vector<SpecialToken> special;
    for (std::string const& token : {options_.pad_token, options_.unk_token, options_.cls_token,
                                     options_.sep_token, options_.mask_token}) {
        if (token.empty()) refuse("WordPiece::train", {"a special token is empty."});
        special.push_back({token, vocabulary.add(token)});
    }
    special_ = SpecialTokens(std::move(special));
}

[[gnu::cold]] LAMINA_INLINE void WordPieceTrainer::count_words(TextList const& texts) {
    bool const strip = options_.strip_accents.value_or(options_.lower);
    auto const count = [&](std::string_view word) {
        if (count_characters(word) > options_.max_input_chars_per_word) return;
        auto const i = std::size_t(words_.add(word));
        if (i == counts_.size()) counts_.push_back(0);
        ++counts_[i];
    };
    auto const plain = [&](std::string_view part) {
        each_bert_token(part, [&](std::string_view token) {
            each_bert_word(token, options_.lower, strip, count);
        });
    };
    for (std::string_view const text : texts) special_.split(text, plain, [](std::int32_t) {});
    if (words_.size() == 0) refuse("WordPiece::train", {"there are no words in the texts."});
}

/// How often each character comes. Beyond limit_alphabet the rarest ones go, of those that are as
/// rare the last ones.
[[gnu::cold]] LAMINA_INLINE std::map<char32_t, std::int64_t> WordPieceTrainer::alphabet() const {
    std::map<char32_t, std::int64_t> characters;
    for (std::size_t i = 0; i < words_.size(); ++i)
        each_character(i, [&](char32_t c) { characters[c] += counts_[i]; });
    if (characters.size() <= training_.limit_alphabet) return characters;
    std::vector<std::pair<std::int64_t, char32_t>> order;
    for (auto const& [c, n] : characters) order.emplace_back(-n, c);
    std::sort(order.begin(), order.end());
    for (std::size_t i = training_.limit_alphabet; i < order.size(); ++i)
        characters.erase(order[i].second);
    return characters;
}

/// Characters in order, first as they begin a word, then as they go on.
[[gnu::cold]] LAMINA_INLINE void WordPieceTrainer::add_characters() {
    auto const characters = alphabet();
    for (bool const first : {true, false}) {
        for (auto const& [c, n] : characters) {
            std::string token = first ? "" : "##";
            append_utf8(token, c);
            (first ? begins_ : goes_on_)[c] = vocabulary.add(token);
        }
    }
    if (vocabulary.size() > training_.vocabulary_size) {
        refuse("WordPiece::train",
               {"vocabulary_size is ", training_.vocabulary_size,
                ". The special tokens and the characters of these texts alone are ",
                vocabulary.size(), ": set .limit_alphabet lower or the size higher."});
    }
}

/// Neighbours become one token, the most frequent first. Words with a character that is no token
/// do not count.
[[gnu::cold]] LAMINA_INLINE void WordPieceTrainer::merge() {
    MergeTrainer trainer;
    for (std::size_t i = 0; i < words_.size(); ++i) {
        std::vector<std::int32_t> symbols;
        bool known = true;
        each_character(i, [&](char32_t c) {
            auto const& of = symbols.empty() ? begins_ : goes_on_;
            auto const found = of.find(c);
            known = known && found != of.end();
            if (known) symbols.push_back(found->second);
        });
        if (known) trainer.add(std::move(symbols), counts_[i]);
    }
    trainer.run(
        static_cast<std::int64_t>(std::max<std::size_t>(training_.min_frequency, 1)),
        [&] { return vocabulary.size() < training_.vocabulary_size; },
        [&](std::int32_t left, std::int32_t right) {
            std::string token(vocabulary.token(left));
            token += vocabulary.token(right).substr(2);
            return vocabulary.add(token);
        });
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE WordPiece WordPiece::train(TextList const& texts,
                                                       WordPieceTraining const& training,
                                                       WordPieceOptions options) {
    detail::WordPieceTrainer trainer(training, options);
    trainer.add_special_tokens();
    trainer.count_words(texts);
    trainer.add_characters();
    trainer.merge();
    return WordPiece(std::move(trainer.vocabulary), std::move(options), "WordPiece::train");
}

#endif

} // namespace lamina
