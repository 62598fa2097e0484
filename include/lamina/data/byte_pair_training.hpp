// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/byte_pair.hpp>
#include <lamina/data/byte_pair_words.hpp>
#include <lamina/data/merges.hpp>
#include <lamina/data/special_tokens.hpp>
#include <lamina/data/text_list.hpp>
#include <lamina/data/utf8.hpp>
#include <lamina/data/vocabulary.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// BytePair::train.

namespace lamina {

#if LAMINA_BODIES

namespace detail {

/// Words and how often each comes.
struct WordCounts {
    Vocabulary words;
    std::vector<std::int64_t> counts;
};

[[gnu::cold]] LAMINA_INLINE WordCounts count_words(TextList const& texts,
                                                   SpecialTokens const& special) {
    WordCounts all;
    auto const count = [&](std::string_view part) {
        WordScanner const scanner(part);
        for (std::size_t at = 0, end = 0; at < part.size(); at = end) {
            end = scanner.next(at);
            auto const word = std::size_t(all.words.add(part.substr(at, end - at)));
            if (word == all.counts.size()) all.counts.push_back(0);
            ++all.counts[word];
        }
    };
    for (std::string_view const text : texts) special.split(text, count, [](std::int32_t) {});
    if (all.counts.empty()) refuse("BytePair::train", {"there are no words in the texts."});
    return all;
}

/// The special tokens asked for, where they may stand beside these bytes.
[[gnu::cold]] LAMINA_INLINE SpecialTokens special_tokens(BytePairTraining const& options,
                                                         Vocabulary const& bytes) {
    constexpr auto where = "BytePair::train";
    for (std::string const& token : options.special_tokens) {
        if (token.empty()) refuse(where, {"a special token is empty."});
        if (bytes.contains(token)) {
            refuse(where, {"the special token ", Quoted{token},
                           " is what spells a byte. Take a longer one."});
        }
    }
    std::size_t const least = 256 + options.special_tokens.size();
    if (options.vocabulary_size < least) {
        refuse(where, {"vocabulary_size is ", options.vocabulary_size,
                       ". The 256 bytes and the special tokens alone are ", least, "."});
    }
    return SpecialTokens(special_tokens_of(options.special_tokens));
}

} // namespace detail

/// A token for each byte in GPT-2's order: those spelled as they are first.
[[gnu::cold]] LAMINA_INLINE void BytePair::add_bytes() {
    for (bool const visible : {true, false}) {
        for (unsigned b = 0; b < 256; ++b) {
            char32_t const c = detail::spelled_byte(b);
            if ((c == b) != visible) continue;
            std::string spelled;
            detail::append_utf8(spelled, c);
            byte_ids_[b] = vocabulary_.add(spelled);
        }
    }
}

[[gnu::cold]] LAMINA_INLINE BytePair BytePair::train(TextList const& texts,
                                                     BytePairTraining const& options) {
    BytePair made;
    made.add_bytes();
    auto const special = detail::special_tokens(options, made.vocabulary_);
    auto const [words, counts] = detail::count_words(texts, special);
    detail::MergeTrainer trainer;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        std::vector<std::int32_t> symbols;
        for (char const c : words.token(static_cast<std::int32_t>(i)))
            symbols.push_back(made.byte_ids_[static_cast<unsigned char>(c)]);
        trainer.add(std::move(symbols), counts[i]);
    }
    std::size_t const most = options.vocabulary_size - options.special_tokens.size();
    trainer.run(
        static_cast<std::int64_t>(std::max<std::size_t>(options.min_frequency, 1)),
        [&] { return made.size() < most; },
        [&](std::int32_t left, std::int32_t right) {
            std::string token(made.vocabulary_.token(left));
            token += made.vocabulary_.token(right);
            std::int32_t const merged = made.vocabulary_.add(token);
            // Where a token came of other parts too, its neighbours may be merged a second time.
            if (made.rank(left, right) < 0) made.add_merge({left, right, merged});
            return merged;
        });
    for (std::string const& token : options.special_tokens) made.vocabulary_.add(token);
    made.set_special(detail::special_tokens_of(options.special_tokens), "BytePair::train");
    made.spell_out();
    return made;
}

#endif

} // namespace lamina
