// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/data/vocabulary.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lamina::detail {

/// The tokens of words that came before: few words make up most of a text.
class WordCache {
public:
    /// Appends the word's tokens. Where they are not known, encode(word, ids) appends them to ids.
    template <class Encode>
    void append(std::string_view word, std::vector<std::int32_t>& to, Encode encode) {
        std::size_t first = ids_.size(), last = first;
        auto const found = known_.find(word);
        if (found) {
            auto const i = std::size_t(*found);
            first = i == 0 ? 0 : ends_[i - 1];
            last = ends_[i];
        } else {
            encode(word, ids_);
            last = ids_.size();
        }
        for (std::size_t i = first; i < last; ++i) to.push_back(ids_[i]);
        if (found) return;
        if (word.size() <= longest && known_.size() < most) {
            known_.add(word);
            ends_.push_back(last);
        } else {
            ids_.resize(first);
        }
    }

private:
    static constexpr std::size_t most = 1 << 17, longest = 64; // words, and bytes of one
    Vocabulary known_;
    std::vector<std::size_t> ends_; // of each word's tokens
    std::vector<std::int32_t> ids_;
};

} // namespace lamina::detail
