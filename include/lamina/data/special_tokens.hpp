// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Needs utf8proc: component `unicode`.
#include <lamina/data/unicode.hpp>
#include <lamina/data/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina::detail {

/// A token that stands for itself wherever it is in a text, such as "[MASK]": it is never split.
struct SpecialToken {
    std::string text;
    std::int32_t id = -1;
    bool lstrip = false, rstrip = false; // does it take in the white space before it, behind it?
};

/// Special tokens, found in texts. Of two that begin at the same place the longer one counts.
class SpecialTokens {
public:
    SpecialTokens() = default;
    /// Of several with the same text the first one counts.
    explicit SpecialTokens(std::vector<SpecialToken> tokens) : tokens_(std::move(tokens)) {
        std::stable_sort(tokens_.begin(), tokens_.end(), [](auto const& a, auto const& b) {
            return a.text.size() != b.text.size() ? a.text.size() > b.text.size() : a.text < b.text;
        });
        auto const same = [](auto const& a, auto const& b) { return a.text == b.text; };
        tokens_.erase(std::unique(tokens_.begin(), tokens_.end(), same), tokens_.end());
        for (SpecialToken const& token : tokens_) {
            begins_[static_cast<unsigned char>(token.text.front())] = true;
            ids_.push_back(token.id);
        }
        std::sort(ids_.begin(), ids_.end());
    }
    bool contains(std::int32_t id) const {
        return std::binary_search(ids_.begin(), ids_.end(), id);
    }
    std::vector<SpecialToken> const& all() const { return tokens_; }

    /// The text from front to back: on_text(part between them), on_token(id).
    template <class OnText, class OnToken>
    void split(std::string_view text, OnText on_text, OnToken on_token) const {
        std::size_t begin = 0;
        for (std::size_t at = 0; at < text.size() && !tokens_.empty();) {
            SpecialToken const* const token =
                begins_[static_cast<unsigned char>(text[at])] ? find(text.substr(at)) : nullptr;
            if (!token) {
                ++at;
                continue;
            }
            std::string_view between = text.substr(begin, at - begin);
            if (token->lstrip) between = without_space_behind(between);
            if (!between.empty()) on_text(between);
            on_token(token->id);
            at += token->text.size();
            while (token->rstrip && at < text.size() && space(text, at) > 0) at += space(text, at);
            begin = at;
        }
        if (begin < text.size()) on_text(text.substr(begin));
    }

private:
    SpecialToken const* find(std::string_view rest) const {
        for (SpecialToken const& token : tokens_)
            if (rest.starts_with(token.text)) return &token;
        return nullptr;
    }
    /// The bytes of the character at `at`, if it is white space; otherwise 0.
    static std::size_t space(std::string_view text, std::size_t at) {
        CodePoint const c = decode_utf8(text, at);
        return c.valid && unicode::is_space(c.value) ? c.size : 0;
    }
    static std::string_view without_space_behind(std::string_view text) {
        while (!text.empty()) {
            std::size_t last = text.size() - 1; // where the last character begins
            while (last > 0 && (text[last] & 0xc0) == 0x80) --last;
            if (space(text, last) != text.size() - last) break;
            text.remove_suffix(text.size() - last);
        }
        return text;
    }

    std::vector<SpecialToken> tokens_; // the longest ones first
    std::vector<std::int32_t> ids_;    // in order
    std::array<bool, 256> begins_{};
};

/// Special tokens by their texts; their ids are not known yet.
inline std::vector<SpecialToken> special_tokens_of(std::vector<std::string> const& texts) {
    std::vector<SpecialToken> tokens;
    for (std::string const& text : texts) tokens.push_back({text});
    return tokens;
}

} // namespace lamina::detail
