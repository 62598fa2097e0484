// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Needs utf8proc: component `unicode`.
#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/file.hpp>
#include <lamina/data/json.hpp>
#include <lamina/data/merges.hpp>
#include <lamina/data/special_tokens.hpp>
#include <lamina/data/text_list.hpp>
#include <lamina/data/unicode.hpp>
#include <lamina/data/utf8.hpp>
#include <lamina/data/vocabulary.hpp>
#include <lamina/data/word_cache.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
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
/// and decoding gives it back byte for byte, be it UTF-8 or not.
///
///     auto gpt2 = BytePair::load("vocab.json", "merges.txt");
///     gpt2.encode("Hello world");                          // 15496 995
///     auto own = BytePair::train(texts, {.vocabulary_size = 4000});
///
/// A word is a run of letters, of numbers or of other characters, with the space before it, or an
/// English ending ('s 't 're 've 'm 'll 'd), or white space. In the files, and in vocabulary(), a
/// byte that is no visible character of Latin-1 is spelled as one from U+0100 on: a space is
/// U+0120.
///
/// Options     BytePairOptions, BytePairTraining
/// Errors      (run time) Kind::file: a file cannot be read or written; Kind::data: a file is not
///             JSON, its ids are not 0, 1, ..., it lacks a byte, a merge's tokens or a special
///             token; Kind::argument: an id is not there, the vocabulary is too small for bytes
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

    /// The text's tokens. Special tokens in it are found unless `special` is false: text of
    /// strangers should not be able to hold them.
    std::vector<std::int32_t> encode(std::string_view text, bool special = true) const;
    /// The same of several texts; faster, for what words have in common is done once.
    std::vector<std::vector<std::int32_t>> encode_batch(TextList const& texts,
                                                        bool special = true) const;
    /// The bytes that the tokens stand for. With `special` false special tokens are left out.
    std::string decode(std::span<std::int32_t const> ids, bool special = true) const;
    std::string decode(std::vector<std::int32_t> const& ids, bool special = true) const {
        return decode(std::span<std::int32_t const>(ids), special);
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
    void add_merge(Merge merge);
    void set_special(std::vector<std::string> const& tokens, std::string const& where);
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

namespace detail {

/// How GPT-2's files spell a byte: visible characters of Latin-1 as they are, all others as U+0100,
/// U+0101, ...
inline char32_t spelled_byte(unsigned byte) {
    auto const visible = [](unsigned b) {
        return (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
    };
    if (visible(byte)) return byte;
    char32_t code = 0x100;
    for (unsigned b = 0; b < byte; ++b) code += !visible(b);
    return code;
}

/// GPT-2's words, in turn: next() is the end of the one that begins at byte `at`.
/// Source: the pattern 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
class WordScanner {
public:
    explicit WordScanner(std::string_view text) : text_(text) {}

    std::size_t next(std::size_t at) const {
        if (text_[at] == '\'') {
            for (std::string_view const ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
                if (text_.substr(at).starts_with(ending)) return at + ending.size();
        }
        // A space goes with the word behind it.
        std::size_t first = at;
        Kind kind = kind_at(first);
        if (text_[at] == ' ' && at + 1 < text_.size()) {
            std::size_t second = at + 1;
            Kind const behind = kind_at(second);
            if (behind != Kind::space) {
                first = second;
                kind = behind;
            }
        }
        // The run of this kind; of white space before a word the last character is not taken.
        std::size_t end = first, last = first;
        while (end < text_.size()) {
            std::size_t after = end;
            if (kind_at(after) != kind) break;
            last = end;
            end = after;
        }
        return kind == Kind::space && end < text_.size() && last > at ? last : end;
    }

private:
    enum class Kind { letter, number, space, other };

    /// What is at `at`, which is moved behind it.
    Kind kind_at(std::size_t& at) const {
        auto const byte = static_cast<unsigned char>(text_[at]);
        char32_t c = byte;
        if (byte < 0x80) {
            ++at;
        } else {
            CodePoint const wide = decode_utf8(text_, at);
            at += wide.size;
            if (!wide.valid) return Kind::other;
            c = wide.value;
        }
        return unicode::is_letter(c)   ? Kind::letter
               : unicode::is_number(c) ? Kind::number
               : unicode::is_space(c)  ? Kind::space
                                       : Kind::other;
    }

    std::string_view text_;
};

} // namespace detail

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

LAMINA_INLINE std::string BytePair::decode(std::span<std::int32_t const> ids, bool special) const {
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

[[gnu::cold]] LAMINA_INLINE void BytePair::set_special(std::vector<std::string> const& tokens,
                                                       std::string const& where) {
    for (std::string const& token : tokens) {
        if (token.empty()) detail::refuse("BytePair", {"a special token is empty."});
        auto const id = vocabulary_.find(token);
        if (!id) {
            detail::fail(Error::Kind::data, {where},
                         {"the special token ", detail::Quoted{token}, " is not among the ",
                          detail::Counted{size(), "token"},
                          ". Say which ones there are in .special_tokens."});
        }
        if (!special_.contains(*id)) special_.add(token, *id);
    }
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

[[gnu::cold]] LAMINA_INLINE BytePair BytePair::load(std::string const& vocabulary_path,
                                                    std::string const& merges_path,
                                                    BytePairOptions const& options) {
    BytePair made;
    {
        detail::FileText const file(vocabulary_path);
        detail::JsonReader reader(file.view(), vocabulary_path);
        std::vector<std::string> tokens;
        std::vector<bool> seen;
        std::size_t count = 0;
        reader.object([&](std::string const& token) {
            std::int64_t const id = reader.whole();
            // Each member takes more than one byte: an id beyond the file's size is no token's.
            if (id < 0 || std::uint64_t(id) >= file.size) reader.bad("the id is out of range");
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
        reader.end();
        if (count != tokens.size()) {
            detail::fail(Error::Kind::data, {vocabulary_path},
                         {"the highest id is ", tokens.size() - 1, ", and there are ",
                          detail::Counted{count, "token"},
                          ". The ids should be 0, 1, ... without a gap."});
        }
        for (std::size_t id = 0; id < tokens.size(); ++id) {
            if (std::size_t(made.vocabulary_.add(tokens[id])) != id) {
                detail::fail(Error::Kind::data, {vocabulary_path},
                             {"the token ", detail::Quoted{tokens[id]}, " is there twice."});
            }
        }
    }
    for (unsigned b = 0; b < 256; ++b) {
        std::string spelled;
        detail::append_utf8(spelled, detail::spelled_byte(b));
        auto const id = made.vocabulary_.find(spelled);
        if (!id) {
            detail::fail(Error::Kind::data, {vocabulary_path},
                         {"there is no token ", detail::Quoted{spelled}, " for the byte ", b,
                          ". A byte-level vocabulary has one for each of the 256 bytes."});
        }
        made.byte_ids_[b] = *id;
    }

    detail::FileText const file(merges_path);
    std::string_view rest = file.view();
    for (std::size_t number = 1; !rest.empty(); ++number) {
        std::size_t const end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
        auto const bad = [&](std::initializer_list<detail::Piece> what) {
            detail::fail(Error::Kind::data, {merges_path, ":", number}, what);
        };
        std::size_t const space = line.find(' ');
        if (space == 0 || space >= line.size() - 1 || line.find(' ', space + 1) != line.npos) {
            bad({detail::Quoted{line}, " is no merge: two tokens with one space between."});
        }
        std::string both(line.substr(0, space));
        auto const left = made.vocabulary_.find(both);
        auto const right = made.vocabulary_.find(line.substr(space + 1));
        both += line.substr(space + 1);
        auto const merged = made.vocabulary_.find(both);
        if (!left || !right || !merged) {
            bad({"the vocabulary lacks ",
                 detail::Quoted{!left    ? line.substr(0, space)
                                : !right ? line.substr(space + 1)
                                         : std::string_view(both)},
                 ". Are these two files of the same tokenizer?"});
        }
        if (made.rank(*left, *right) >= 0)
            bad({"the merge ", detail::Quoted{line}, " is there twice."});
        made.add_merge({*left, *right, *merged});
    }
    made.set_special(options.special_tokens, vocabulary_path);
    made.spell_out();
    return made;
}

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

[[gnu::cold]] LAMINA_INLINE void BytePair::save(std::string const& vocabulary_path,
                                                std::string const& merges_path) const {
    auto const token = [&](std::int32_t id) { return vocabulary_.token(id); };
    std::string json = "{", lines = "#version: 0.2\n";
    for (std::size_t id = 0; id < size(); ++id) {
        if (id > 0) json += ", ";
        detail::append_json(json, token(static_cast<std::int32_t>(id)));
        json += ": " + std::to_string(id);
    }
    for (Merge const& m : merges_) {
        lines += token(m.left);
        lines += ' ';
        lines += token(m.right);
        lines += '\n';
    }
    detail::write_file(vocabulary_path, json + "}");
    detail::write_file(merges_path, lines);
}

#endif

} // namespace lamina
