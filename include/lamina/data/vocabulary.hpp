// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/data/texts.hpp>
#include <lamina/data/text_list.hpp>

#if LAMINA_BODIES
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/file.hpp>

#include <limits>
#endif

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lamina {

/// Different texts, numbered 0, 1, ... in the order in which they were added: the tokens of a
/// tokenizer, the words of a corpus.
///
/// Errors      (run time) two tokens are the same; an id or a token is not there
/// Source      the hash: Fowler, Noll and Vo, FNV-1a, 64 bits
class Vocabulary {
public:
    Vocabulary() = default;
    explicit Vocabulary(TextList const& tokens);
    /// A file with a token on each line, as BERT's vocab.txt: the first line's token is number 0.
    /// Lines may end with CR LF.
    static Vocabulary load(std::string const& path);
    /// The same file. A token with a line break cannot be in one.
    void save(std::string const& path) const;

    std::size_t size() const { return tokens_.size(); }
    bool contains(std::string_view token) const { return find(token).has_value(); }
    /// Nothing if it is not there.
    std::optional<std::int32_t> find(std::string_view token) const {
        if (slots_.empty()) return {};
        std::uint32_t const held = slots_[slot(token)];
        return held == 0 ? std::optional<std::int32_t>() : static_cast<std::int32_t>(held - 1);
    }
    /// Error if it is not there.
    std::int32_t id(std::string_view token) const;
    /// Error if there is no such id.
    std::string_view token(std::int32_t id) const {
        if (id < 0 || std::size_t(id) >= size()) fail_id(id);
        return tokens_[std::size_t(id)];
    }
    /// The number of this token, a new one if it was not there.
    std::int32_t add(std::string_view token);

private:
    /// Where the token is, or the free place where it would be.
    std::size_t slot(std::string_view token) const {
        std::size_t const mask = slots_.size() - 1;
        std::uint64_t hash = 0xcbf29ce484222325;
        for (char const c : token) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        std::size_t at = static_cast<std::size_t>(hash ^ hash >> 32) & mask;
        while (slots_[at] != 0 && tokens_[slots_[at] - 1] != token) at = (at + 1) & mask;
        return at;
    }
    void grow();
    [[noreturn]] void fail_id(std::int32_t id) const;

    Texts tokens_;
    std::vector<std::uint32_t> slots_; // a power of two; the id + 1, or 0
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Vocabulary::Vocabulary(TextList const& tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (std::size_t(add(tokens[i])) != i) {
            detail::refuse("Vocabulary",
                           {"token ", i, ", ", detail::Quoted{tokens[i]}, ", is token ",
                            id(tokens[i]), " already. Each may be there once."});
        }
    }
}

[[gnu::cold]] LAMINA_INLINE Vocabulary Vocabulary::load(std::string const& path) {
    detail::FileText const file(path);
    Vocabulary all;
    std::string_view rest = file.view();
    for (std::size_t line = 1; !rest.empty(); ++line) {
        std::size_t const end = rest.find('\n');
        std::string_view token = rest.substr(0, end);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        if (token.ends_with('\r')) token.remove_suffix(1);
        std::string const where = path + ":" + std::to_string(line);
        if (token.empty()) {
            detail::fail(Error::Kind::data, {where},
                         {"the line is empty. Each line holds one token."});
        }
        if (std::size_t(all.add(token)) != line - 1) {
            detail::fail(Error::Kind::data, {where},
                         {"token ", detail::Quoted{token}, " stands on line ", all.id(token) + 1,
                          " already. Each may be there once."});
        }
    }
    return all;
}

[[gnu::cold]] LAMINA_INLINE void Vocabulary::save(std::string const& path) const {
    std::string text;
    for (std::size_t i = 0; i < size(); ++i) {
        std::string_view const token = tokens_[i];
        if (token.empty() || token.find('\n') != token.npos || token.ends_with('\r')) {
            detail::refuse("Vocabulary::save", {"token ", i, ", ", detail::Quoted{token},
                                                ", cannot be a line of its own."});
        }
        text += token;
        text += '\n';
    }
    detail::write_file(path, text);
}

LAMINA_INLINE std::int32_t Vocabulary::add(std::string_view token) {
    if (2 * (size() + 1) > slots_.size()) grow();
    std::size_t const at = slot(token);
    if (slots_[at] == 0) {
        tokens_.push_back(token);
        slots_[at] = static_cast<std::uint32_t>(size());
    }
    return static_cast<std::int32_t>(slots_[at] - 1);
}

[[gnu::cold]] LAMINA_INLINE void Vocabulary::grow() {
    if (size() >= std::size_t(std::numeric_limits<std::int32_t>::max()))
        detail::refuse("Vocabulary::add", {"there are 2^31 - 1 tokens already."});
    slots_.assign(slots_.empty() ? 16 : 2 * slots_.size(), 0);
    for (std::size_t i = 0; i < size(); ++i) {
        slots_[slot(tokens_[i])] = static_cast<std::uint32_t>(i + 1);
    }
}

[[gnu::cold]] LAMINA_INLINE std::int32_t Vocabulary::id(std::string_view token) const {
    auto const found = find(token);
    if (!found) {
        detail::refuse("Vocabulary::id", {detail::Quoted{token}, " is not among the ",
                                          detail::Counted{size(), "token"}, "."});
    }
    return *found;
}

[[noreturn, gnu::cold]] LAMINA_INLINE void Vocabulary::fail_id(std::int32_t id) const {
    detail::refuse("Vocabulary::token",
                   {"there is no id ", id, ": the vocabulary has ",
                    detail::Counted{size(), "token"}, ", and the first one's id is 0."});
}

#endif

} // namespace lamina
