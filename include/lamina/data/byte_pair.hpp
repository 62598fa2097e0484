// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Needs utf8proc: component `unicode`.
#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/byte_pair_words.hpp>
#include <lamina/data/special_tokens.hpp>
#include <lamina/data/text_list.hpp>
#include <lamina/data/texts.hpp>
#include <lamina/data/utf8.hpp>
#include <lamina/data/vocabulary.hpp>
#include <lamina/data/word_cache.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

struct BytePairOptions {
    /// Tokens that are never split; each must be in the vocabulary.
    std::vector<std::string> special_tokens = {"<|endoftext|>"};
};

struct BytePairTraining {
    /// How many tokens there will be, at most: 256 bytes, the merges and the special tokens.
    std::size_t vocabulary_size = 8000;
    /// Pairs that come less often are not merged.
    std::size_t min_frequency = 2;
    /// Tokens that are never split; they come last.
    std::vector<std::string> special_tokens = {"<|endoftext|>"};
};

/// GPT-2's byte-level byte pair encoding: a text is split into words, a word into bytes, and
/// neighbours are merged in the order in which the merges were learnt. Every text has an encoding,
/// and decoding gives it back byte for byte, be it UTF-8 or not; but for white space that a special
/// token of a tokenizer.json takes in (lstrip, rstrip), as RoBERTa's <mask> does.
///
///     auto gpt2 = BytePair::load("vocab.json", "merges.txt");
///     gpt2.encode("Hello world");                          // 15496 995
///     auto own = BytePair::train(texts, {.vocabulary_size = 4000});
///
/// A word is a run of letters, of numbers or of other characters, with the space before it, or an
/// English ending ('s 't 're 've 'm 'll 'd), or white space. In the files, and in vocabulary(), a
/// byte that is no visible character of Latin-1 is spelled as one from U+0100 on: ' ' as U+0120.
///
/// Options     BytePairOptions, BytePairTraining
/// Errors      (run time) Kind::file: a file cannot be read or written; Kind::data: a file is not
///             JSON, its ids are not 0, 1, ..., it lacks a byte, a merge's tokens or a special
///             token, a tokenizer.json asks for other rules than these; Kind::argument: an id is
///             not there, the vocabulary is too small for bytes
/// Source      Radford et al. (2019), "Language models are unsupervised multitask learners",
///             section 2.2; Sennrich, Haddow and Birch (2016)
class BytePair {
public:
    /// GPT-2's files: encoder.json (vocab.json) and vocab.bpe (merges.txt).
    static BytePair load(std::string const& vocabulary_path, std::string const& merges_path,
                         BytePairOptions const& options = {});
    /// Learns the merges from texts. The same texts give the same tokens on every machine.
    static BytePair train(TextList const& texts, BytePairTraining const& options = {});
    /// Writes the files that load reads.
    void save(std::string const& vocabulary_path, std::string const& merges_path) const;

    /// All of it as HuggingFace's tokenizer.json has it: what GPT2TokenizerFast.save_pretrained
    /// writes. An attachment of a saved model:
    ///
    ///     save(model, "m.safetensors", {.attachments = {{"tokenizer", pairs.to_json()}}});
    ///     auto pairs = BytePair::from_json(read_attachment("m.safetensors", "tokenizer"));
    std::string to_json() const;
    static BytePair from_json(std::string_view json);

    /// The text's tokens. Special tokens in it are found unless `special` is false: text of
    /// strangers should not be able to hold them.
    std::vector<std::int32_t> encode(std::string_view text, bool special = true) const;
    /// The same of several texts; faster, for what words have in common is done once.
    std::vector<std::vector<std::int32_t>> encode_batch(TextList const& texts,
                                                        bool special = true) const;
    /// The bytes that the tokens stand for. With `special` false special tokens are left out.
    std::string decode(Span<std::int32_t const> ids, bool special = true) const;
    std::string decode(std::vector<std::int32_t> const& ids, bool special = true) const {
        return decode(Span<std::int32_t const>(ids), special);
    }

    std::size_t size() const { return vocabulary_.size(); }
    Vocabulary const& vocabulary() const { return vocabulary_; }
    std::size_t merges() const { return merges_.size(); }

private:
    struct Merge {
        std::int32_t left, right, merged;
    };
    struct Words; // those encoded so far

    BytePair() = default;
    void add_bytes();
    void find_bytes(std::string_view where);
    /// The next merge, as it stands in a file.
    void read_merge(std::string_view left, std::string_view right, std::string_view where);
    void add_merge(Merge merge);
    void set_special(std::vector<detail::SpecialToken> tokens, std::string const& where);
    void spell_out();
    /// The merge of these neighbours, or -1.
    std::int32_t rank(std::int32_t left, std::int32_t right) const {
        for (std::size_t at = slot(left, right);; at = (at + 1) & (ranks_.size() - 1)) {
            std::int32_t const r = ranks_[at];
            if (r < 0) return -1;
            Merge const& m = merges_[std::size_t(r)];
            if (m.left == left && m.right == right) return r;
        }
    }
    std::size_t slot(std::int32_t left, std::int32_t right) const {
        std::uint64_t const both = std::uint64_t(std::uint32_t(left)) << 32 | std::uint32_t(right);
        return std::size_t(both * 0x9e3779b97f4a7c15u >> 32) & (ranks_.size() - 1);
    }
    void encode(std::string_view text, bool special, Words& words,
                std::vector<std::int32_t>& to) const;
    void encode_word(std::string_view word, Words& words, std::vector<std::int32_t>& to) const;

    Vocabulary vocabulary_; // as the files spell them
    Texts bytes_;           // what they stand for
    std::array<std::int32_t, 256> byte_ids_{};
    std::vector<Merge> merges_;                                           // by rank
    std::vector<std::int32_t> ranks_ = std::vector<std::int32_t>(16, -1); // a hash table of merges_
    detail::SpecialTokens special_;
};

#if LAMINA_BODIES

struct BytePair::Words {
    detail::WordCache known;

    // Room to encode a word in.
    struct Candidate {
        std::int32_t rank;
        std::uint32_t place;
        bool operator<(Candidate const& b) const { // the heap's top is its largest
            return rank != b.rank ? rank > b.rank : place > b.place;
        }
    };
    std::vector<std::int32_t> symbols; // -1 where one was merged into the one before
    std::vector<std::uint32_t> before, behind;
    std::vector<Candidate> heap, fresh;
};

LAMINA_INLINE void BytePair::encode_word(std::string_view word, Words& w,
                                         std::vector<std::int32_t>& to) const {
    auto const n = static_cast<std::uint32_t>(word.size());
    w.symbols.resize(n);
    w.before.resize(n);
    w.behind.resize(n);
    w.heap.clear();
    for (std::uint32_t i = 0; i < n; ++i) {
        w.symbols[i] = byte_ids_[static_cast<unsigned char>(word[i])];
        w.before[i] = i - 1; // wraps round at the front, where it is not looked at
        w.behind[i] = i + 1;
    }
    auto const candidate = [&](std::uint32_t place, auto& list) {
        std::int32_t const r = rank(w.symbols[place], w.symbols[w.behind[place]]);
        if (r >= 0) list.push_back({r, place});
    };
    for (std::uint32_t i = 0; i + 1 < n; ++i) candidate(i, w.heap);
    std::make_heap(w.heap.begin(), w.heap.end());
    // All pairs of the lowest rank are merged, from front to back, before those that come of it
    // count.
    while (!w.heap.empty()) {
        std::int32_t const lowest = w.heap.front().rank;
        Merge const& merge = merges_[std::size_t(lowest)];
        w.fresh.clear();
        while (!w.heap.empty() && w.heap.front().rank == lowest) {
            std::uint32_t const place = w.heap.front().place;
            std::pop_heap(w.heap.begin(), w.heap.end());
            w.heap.pop_back();
            std::uint32_t const second = w.behind[place];
            if (w.symbols[place] != merge.left || second >= n || w.symbols[second] != merge.right)
                continue; // one of them was merged meanwhile
            w.symbols[place] = merge.merged;
            w.symbols[second] = -1;
            std::uint32_t const third = w.behind[place] = w.behind[second];
            if (third < n) {
                w.before[third] = place;
                candidate(place, w.fresh);
            }
            if (place > 0) candidate(w.before[place], w.fresh);
        }
        for (auto const& c : w.fresh) {
            w.heap.push_back(c);
            std::push_heap(w.heap.begin(), w.heap.end());
        }
    }
    for (std::uint32_t i = 0; i < n; i = w.behind[i]) to.push_back(w.symbols[i]);
}

LAMINA_INLINE void BytePair::encode(std::string_view text, bool special, Words& w,
                                    std::vector<std::int32_t>& to) const {
    auto const plain = [&](std::string_view part) {
        detail::WordScanner const scanner(part);
        for (std::size_t at = 0, end = 0; at < part.size(); at = end) {
            end = scanner.next(at);
            w.known.append(part.substr(at, end - at), to,
                           [&](std::string_view word, std::vector<std::int32_t>& ids) {
                               encode_word(word, w, ids);
                           });
        }
    };
    if (special) special_.split(text, plain, [&](std::int32_t id) { to.push_back(id); });
    else plain(text);
}

LAMINA_INLINE std::vector<std::int32_t> BytePair::encode(std::string_view text,
                                                         bool special) const {
    Words words;
    std::vector<std::int32_t> ids;
    encode(text, special, words, ids);
    return ids;
}

LAMINA_INLINE std::vector<std::vector<std::int32_t>> BytePair::encode_batch(TextList const& texts,
                                                                            bool special) const {
    Words words;
    std::vector<std::vector<std::int32_t>> ids(texts.size());
    for (std::size_t i = 0; i < ids.size(); ++i) encode(texts[i], special, words, ids[i]);
    return ids;
}

LAMINA_INLINE std::string BytePair::decode(Span<std::int32_t const> ids, bool special) const {
    std::string text;
    for (std::int32_t const id : ids) {
        if (id < 0 || std::size_t(id) >= size()) {
            detail::refuse("BytePair::decode", {"there is no token ", id, ": the vocabulary has ",
                                                detail::Counted{size(), "token"}, "."});
        }
        if (special || !special_.contains(id)) text += bytes_[std::size_t(id)];
    }
    return text;
}

LAMINA_INLINE void BytePair::add_merge(Merge merge) {
    if (4 * (merges_.size() + 1) > ranks_.size()) {
        ranks_.assign(2 * ranks_.size(), -1);
        std::vector<Merge> const all = std::exchange(merges_, {});
        for (Merge const& m : all) add_merge(m);
    }
    std::size_t at = slot(merge.left, merge.right);
    while (ranks_[at] >= 0) at = (at + 1) & (ranks_.size() - 1);
    ranks_[at] = static_cast<std::int32_t>(merges_.size());
    merges_.push_back(merge);
}

[[gnu::cold]] LAMINA_INLINE void BytePair::set_special(std::vector<detail::SpecialToken> tokens,
                                                       std::string const& where) {
    for (detail::SpecialToken& token : tokens) {
        if (token.text.empty()) detail::refuse("BytePair", {"a special token is empty."});
        auto const id = vocabulary_.find(token.text);
        if (!id) {
            detail::fail(Error::Kind::data, {where},
                         {"the special token ", detail::Quoted{token.text}, " is not among the ",
                          detail::Counted{size(), "token"},
                          ". Say which ones there are in .special_tokens."});
        }
        token.id = *id;
    }
    special_ = detail::SpecialTokens(std::move(tokens));
}

/// What each token stands for. One that holds a character that spells no byte is taken as it is.
[[gnu::cold]] LAMINA_INLINE void BytePair::spell_out() {
    std::array<std::int16_t, 0x144> byte_of;
    byte_of.fill(-1);
    for (unsigned b = 0; b < 256; ++b)
        byte_of[detail::spelled_byte(b)] = static_cast<std::int16_t>(b);
    bytes_ = {};
    for (std::size_t id = 0; id < size(); ++id) {
        std::string_view const token = vocabulary_.token(static_cast<std::int32_t>(id));
        std::string bytes;
        bool spelled = !special_.contains(static_cast<std::int32_t>(id));
        for (std::size_t at = 0; spelled && at < token.size();) {
            detail::CodePoint const c = detail::decode_utf8(token, at);
            at += c.size;
            spelled = c.valid && c.value < byte_of.size() && byte_of[c.value] >= 0;
            if (spelled) bytes += static_cast<char>(byte_of[c.value]);
        }
        bytes_.push_back(spelled ? std::string_view(bytes) : token);
    }
}

#endif

} // namespace lamina

// What learns the merges, and what reads and writes them: files of their own.
#include <lamina/data/byte_pair_files.hpp>
#include <lamina/data/byte_pair_training.hpp>
