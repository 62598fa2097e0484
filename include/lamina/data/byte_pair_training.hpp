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

[[gnu::cold]] LAMINA_INLINE BytePair BytePair::train(TextList const& texts,
                                                     BytePairTraining const& options) {
    constexpr auto where = "BytePair::train";
    BytePair made;
    for (int visible = 1; visible >= 0;
         --visible) { // GPT-2's order: those spelled as they are first
        for (unsigned b = 0; b < 256; ++b) {
            char32_t const c = detail::spelled_byte(b);
            if ((c == b) != (visible == 1)) continue;
            std::string spelled;
            detail::append_utf8(spelled, c);
            made.byte_ids_[b] = made.vocabulary_.add(spelled);
        }
    }
    detail::SpecialTokens special;
    for (std::string const& token : options.special_tokens) {
        if (token.empty()) detail::refuse(where, {"a special token is empty."});
        if (made.vocabulary_.contains(token)) {
            detail::refuse(where, {"the special token ", detail::Quoted{token},
                                   " is what spells a byte. Take a longer one."});
        }
        special.add(token, -1);
    }
    if (options.vocabulary_size < 256 + options.special_tokens.size()) {
        detail::refuse(where, {"vocabulary_size is ", options.vocabulary_size,
                               ". The 256 bytes and the special tokens alone are ",
                               256 + options.special_tokens.size(), "."});
    }

    Vocabulary words;
    std::vector<std::int64_t> counts;
    for (std::string_view const text : texts) {
        auto const count = [&](std::string_view part) {
            detail::WordScanner const scanner(part);
            for (std::size_t at = 0; at < part.size();) {
                std::size_t const end = scanner.next(at);
                auto const word = std::size_t(words.add(part.substr(at, end - at)));
                if (word == counts.size()) counts.push_back(0);
                ++counts[word];
                at = end;
            }
        };
        special.split(text, count, [](std::int32_t) {});
    }
    if (words.size() == 0) detail::refuse(where, {"there are no words in the texts."});
    detail::MergeTrainer trainer;
    for (std::size_t i = 0; i < words.size(); ++i) {
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
    made.set_special(options.special_tokens, where);
    made.spell_out();
    return made;
}

#endif

} // namespace lamina
