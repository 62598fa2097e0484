// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina::detail {

/// Tokens that stand for themselves wherever they are in a text, such as "[MASK]": they are never
/// split. Of two that begin at the same place the longer one counts.
class SpecialTokens {
public:
    void add(std::string_view token, std::int32_t id) {
        tokens_.emplace_back(token, id);
        begins_[static_cast<unsigned char>(token.front())] = true;
        std::stable_sort(tokens_.begin(), tokens_.end(), [](auto const& a, auto const& b) {
            return a.first.size() > b.first.size();
        });
    }
    bool contains(std::int32_t id) const {
        return std::any_of(tokens_.begin(), tokens_.end(),
                           [&](auto const& token) { return token.second == id; });
    }
    auto const& all() const { return tokens_; }

    /// The text from front to back: on_text(part between them), on_token(id).
    template <class OnText, class OnToken>
    void split(std::string_view text, OnText on_text, OnToken on_token) const {
        std::size_t begin = 0;
        for (std::size_t at = 0; at < text.size() && !tokens_.empty();) {
            auto const* const token =
                begins_[static_cast<unsigned char>(text[at])] ? find(text.substr(at)) : nullptr;
            if (!token) {
                ++at;
                continue;
            }
            if (at > begin) on_text(text.substr(begin, at - begin));
            on_token(token->second);
            at += token->first.size();
            begin = at;
        }
        if (begin < text.size()) on_text(text.substr(begin));
    }

private:
    std::pair<std::string, std::int32_t> const* find(std::string_view rest) const {
        for (auto const& token : tokens_)
            if (rest.starts_with(token.first)) return &token;
        return nullptr;
    }

    std::vector<std::pair<std::string, std::int32_t>> tokens_; // the longest ones first
    std::array<bool, 256> begins_{};
};

} // namespace lamina::detail
