// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Needs utf8proc: component `unicode`.
#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/merges.hpp>
#include <lamina/data/pad_sequences.hpp>
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
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

struct WordPieceOptions {
    /// Lower case: for BERT's uncased vocabularies.
    bool lower = true;
    /// Are accents left out? Not given: as `lower`.
    std::optional<bool> strip_accents = {};
    /// A word of more characters than this is unknown as a whole.
    std::size_t max_input_chars_per_word = 100;
    std::string unk_token = "[UNK]";
    std::string pad_token = "[PAD]";
    std::string cls_token = "[CLS]";
    std::string sep_token = "[SEP]";
    std::string mask_token = "[MASK]";
};

struct WordPieceTraining {
    /// How many tokens there will be, at most: the special ones, the characters and the merges.
    std::size_t vocabulary_size = 8000;
    /// Pairs that come less often are not merged.
    std::size_t min_frequency = 2;
    /// Only so many different characters, the most frequent ones, are tokens.
    std::size_t limit_alphabet = 1000;
};

/// What is cut where a text, or two, are longer than max_length: the end of the longer one, token
/// by token, or of the one named. `none`: that is an error.
enum class Truncation { longest_first, only_first, only_second, none };

struct EncodeOptions {
    /// The number of tokens at most, special ones included. 0: any.
    std::size_t max_length = 0;
    /// Is a shorter text filled up to max_length? (A batch always is.)
    bool padding = false;
    Side padding_side = Side::post;
    Truncation truncation = Truncation::longest_first;
    /// [CLS] in front, [SEP] behind each text.
    bool add_special_tokens = true;
    /// Is "[MASK]" in a text that token? false: it is a word in brackets.
    bool special = true;
};

/// What BERT takes: tokens, which text each is of (0 or 1), and 1 where it is no padding.
/// HuggingFace names them input_ids, token_type_ids and attention_mask.
struct Encoding {
    std::vector<std::int32_t> token_ids, segment_ids, attention_mask;
};

/// The same of several texts: (texts, max_length), or as wide as the longest text.
struct EncodedBatch {
    Tensor<std::int32_t, 2> token_ids, segment_ids, attention_mask;
};

/// BERT's WordPiece: a text is split into words and punctuation, and a word into the longest pieces
/// that the vocabulary has, from front to back. Pieces within a word begin with "##".
///
///     auto bert = WordPiece::load("vocab.txt");
///     bert.tokenize("unaffable");                      // una ##ffa ##ble
///     bert.encode("hello world").token_ids;            // 101 7592 2088 102
///     auto x = bert.encode_batch(texts, {.max_length = 128});
///
/// Controls, private and unassigned characters and what is not UTF-8 are left out; every Chinese
/// character is a word. A word that the vocabulary has no pieces for is [UNK].
///
/// train learns a vocabulary by how often neighbours come, as byte pair encoding does and as
/// HuggingFace's trainer does, not by the likelihood of the first WordPiece, whose trainer was
/// never published. Words with a character beyond limit_alphabet do not count.
///
/// Options     WordPieceOptions, WordPieceTraining, EncodeOptions
/// Errors      (run time) Kind::file: a file cannot be read or written; Kind::data: a line is empty
///             or there twice, a special token is missing; Kind::argument: an id is not there,
///             max_length has no room for the special tokens, padding without max_length
/// Source      Devlin et al. (2019), "BERT: Pre-training of deep bidirectional transformers"; the
///             rules of its BasicTokenizer as in HuggingFace's BertTokenizer; Schuster and Nakajima
///             (2012), "Japanese and Korean voice search"
class WordPiece {
public:
    explicit WordPiece(Vocabulary vocabulary, WordPieceOptions options = {})
        : WordPiece(std::move(vocabulary), std::move(options), "WordPiece") {}
    /// BERT's vocab.txt: a token on each line.
    static WordPiece load(std::string const& path, WordPieceOptions options = {}) {
        return WordPiece(Vocabulary::load(path), std::move(options), path);
    }
    /// Learns a vocabulary. The same texts give the same tokens on every machine.
    static WordPiece train(TextList const& texts, WordPieceTraining const& training = {},
                           WordPieceOptions options = {});
    void save(std::string const& path) const { vocabulary_.save(path); }

    /// The pieces as texts, without [CLS] and [SEP].
    std::vector<std::string> tokenize(std::string_view text, bool special = true) const;
    Encoding encode(std::string_view text, EncodeOptions const& options = {}) const;
    /// Two texts: [CLS] first [SEP] second [SEP].
    Encoding encode(std::string_view first, std::string_view second,
                    EncodeOptions const& options = {}) const;
    EncodedBatch encode_batch(TextList const& texts, EncodeOptions const& options = {}) const;
    EncodedBatch encode_batch(TextList const& first, TextList const& second,
                              EncodeOptions const& options = {}) const;
    /// Words with a space between. `special` false: special tokens are left out; `clean_up`: no
    /// space before . , ? ! and English endings.
    std::string decode(std::span<std::int32_t const> ids, bool special = true,
                       bool clean_up = true) const;
    std::string decode(std::vector<std::int32_t> const& ids, bool special = true,
                       bool clean_up = true) const {
        return decode(std::span<std::int32_t const>(ids), special, clean_up);
    }

    std::size_t size() const { return vocabulary_.size(); }
    Vocabulary const& vocabulary() const { return vocabulary_; }
    WordPieceOptions const& options() const { return options_; }
    std::int32_t unk_id() const { return unk_; }
    std::int32_t pad_id() const { return pad_; }
    std::int32_t cls_id() const { return cls_; }
    std::int32_t sep_id() const { return sep_; }
    std::int32_t mask_id() const { return mask_; }

private:
    using Ids = std::vector<std::int32_t>;

    WordPiece(Vocabulary vocabulary, WordPieceOptions options, std::string const& where);
    Ids ids(std::string_view text, bool special, detail::WordCache& known) const;
    void encode_token(std::string_view token, Ids& to) const;
    void encode_word(std::string_view word, Ids& to) const;
    Encoding join(Ids first, Ids const* second, EncodeOptions const& options) const;
    void cut(Ids& first, Ids& second, bool pair, EncodeOptions const& options) const;
    EncodedBatch batch(TextList const& first, TextList const* second,
                       EncodeOptions const& options) const;

    Vocabulary vocabulary_;
    Vocabulary pieces_;       // those with ##, without it
    Ids piece_ids_;           // and their ids
    std::size_t longest_ = 0; // bytes of a token
    WordPieceOptions options_;
    detail::SpecialTokens special_;
    std::int32_t unk_ = 0, pad_ = 0, cls_ = 0, sep_ = 0, mask_ = 0;
};

namespace detail {

/// A Chinese character, as BERT counts them: the blocks of CJK ideographs.
inline bool is_chinese(char32_t c) {
    auto const within = [&](char32_t first, char32_t last) { return c >= first && c <= last; };
    return within(0x4e00, 0x9fff) || within(0x3400, 0x4dbf) || within(0x20000, 0x2a6df) ||
           within(0x2a700, 0x2ceaf) || within(0xf900, 0xfaff) || within(0x2f800, 0x2fa1f);
}
/// Punctuation, as BERT counts it: of ASCII all that is no letter, digit or space.
inline bool is_bert_punctuation(char32_t c) {
    if (c < 0x80) return c > ' ' && c < 0x7f && !unicode::is_letter(c) && !unicode::is_number(c);
    return unicode::is_punctuation(c);
}

/// The text between white space, cleaned: take(token) for each.
template <class Take>
void each_bert_token(std::string_view text, Take take) {
    std::string token;
    auto const flush = [&] {
        if (!token.empty()) take(std::string_view(token));
        token.clear();
    };
    for (std::size_t at = 0; at < text.size();) {
        CodePoint const c = decode_utf8(text, at);
        std::string_view const bytes = text.substr(at, c.size);
        at += c.size;
        if (c.value > ' ' && c.value < 0x7f) {
            token += bytes;
            continue;
        }
        bool const line = c.value == '\t' || c.value == '\n' || c.value == '\r';
        if (!c.valid || c.value == 0xfffd || (!line && unicode::is_control(c.value))) continue;
        if (unicode::is_space(c.value)) {
            flush();
        } else if (is_chinese(c.value)) {
            flush();
            take(bytes);
        } else {
            token += bytes;
        }
    }
    flush();
}

/// The words and punctuation marks of such a token: take(word) for each.
template <class Take>
void each_bert_word(std::string_view token, bool lower, bool strip_accents, Take take) {
    std::string word(token);
    bool ascii = true;
    for (char const c : word) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    if (lower) word = unicode_lower(word);
    if (strip_accents && !ascii) {
        std::string const apart = normalized(word, NormalForm::nfd);
        word.clear();
        for (std::size_t at = 0; at < apart.size();) {
            CodePoint const c = decode_utf8(apart, at);
            if (!unicode::is_accent(c.value)) word += std::string_view(apart).substr(at, c.size);
            at += c.size;
        }
    }
    std::size_t begin = 0;
    for (std::size_t at = 0; at < word.size();) {
        CodePoint const c = decode_utf8(word, at);
        std::size_t const end = at + c.size;
        if (is_bert_punctuation(c.value)) {
            if (at > begin) take(std::string_view(word).substr(begin, at - begin));
            take(std::string_view(word).substr(at, c.size));
            begin = end;
        }
        at = end;
    }
    if (begin < word.size()) take(std::string_view(word).substr(begin));
}

inline std::size_t count_characters(std::string_view utf8) {
    std::size_t n = 0;
    for (char const c : utf8) n += (c & 0xc0) != 0x80;
    return n;
}

} // namespace detail

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE WordPiece::WordPiece(Vocabulary vocabulary, WordPieceOptions options,
                                                 std::string const& where)
    : vocabulary_(std::move(vocabulary)), options_(std::move(options)) {
    auto const need = [&](std::string const& token, char const* name) {
        auto const id = vocabulary_.find(token);
        if (!id || token.empty()) {
            detail::fail(Error::Kind::data, {where},
                         {"the ", name, " ", detail::Quoted{token}, " is not among the ",
                          detail::Counted{size(), "token"},
                          ". Is this a WordPiece vocabulary? If it has another name there, say so "
                          "in .",
                          name, "."});
        }
        if (!special_.contains(*id)) special_.add(token, *id);
        return *id;
    };
    unk_ = need(options_.unk_token, "unk_token");
    pad_ = need(options_.pad_token, "pad_token");
    cls_ = need(options_.cls_token, "cls_token");
    sep_ = need(options_.sep_token, "sep_token");
    mask_ = need(options_.mask_token, "mask_token");
    for (std::size_t i = 0; i < size(); ++i) {
        auto const id = static_cast<std::int32_t>(i);
        std::string_view token = vocabulary_.token(id);
        longest_ = std::max(longest_, token.size());
        if (!token.starts_with("##") || token.size() == 2) continue;
        pieces_.add(token.substr(2));
        piece_ids_.push_back(id);
    }
}

LAMINA_INLINE void WordPiece::encode_word(std::string_view word, Ids& to) const {
    if (detail::count_characters(word) > options_.max_input_chars_per_word) {
        to.push_back(unk_);
        return;
    }
    std::size_t const before = to.size();
    for (std::size_t begin = 0; begin < word.size();) {
        std::optional<std::int32_t> found;
        std::size_t end = std::min(word.size(), begin + longest_);
        for (; end > begin; --end) { // the longest piece that there is
            if (end < word.size() && (word[end] & 0xc0) == 0x80) continue; // within a character
            std::string_view const piece = word.substr(begin, end - begin);
            found = begin == 0 ? vocabulary_.find(piece) : pieces_.find(piece);
            if (found) break;
        }
        if (!found) {
            to.resize(before);
            to.push_back(unk_);
            return;
        }
        to.push_back(begin == 0 ? *found : piece_ids_[std::size_t(*found)]);
        begin = end;
    }
}

LAMINA_INLINE void WordPiece::encode_token(std::string_view token, Ids& to) const {
    detail::each_bert_word(token, options_.lower, options_.strip_accents.value_or(options_.lower),
                           [&](std::string_view word) { encode_word(word, to); });
}

LAMINA_INLINE WordPiece::Ids WordPiece::ids(std::string_view text, bool special,
                                            detail::WordCache& known) const {
    Ids out;
    auto const plain = [&](std::string_view part) {
        detail::each_bert_token(part, [&](std::string_view token) {
            known.append(token, out, [&](std::string_view t, Ids& to) { encode_token(t, to); });
        });
    };
    if (special) special_.split(text, plain, [&](std::int32_t id) { out.push_back(id); });
    else plain(text);
    return out;
}

LAMINA_INLINE std::vector<std::string> WordPiece::tokenize(std::string_view text,
                                                           bool special) const {
    detail::WordCache known;
    std::vector<std::string> out;
    for (std::int32_t const id : ids(text, special, known)) out.emplace_back(vocabulary_.token(id));
    return out;
}

LAMINA_INLINE void WordPiece::cut(Ids& first, Ids& second, bool pair,
                                  EncodeOptions const& options) const {
    constexpr auto where = "WordPiece::encode";
    std::size_t const around = !options.add_special_tokens ? 0 : pair ? 3 : 2;
    if (options.max_length == 0) return;
    if (options.max_length < around) {
        detail::refuse(where, {"max_length is ", options.max_length,
                               ", and the special tokens alone are ", around, "."});
    }
    std::size_t const room = options.max_length - around, all = first.size() + second.size();
    if (all <= room) return;
    std::size_t const over = all - room;
    auto const shorten = [&](Ids& ids, char const* which) {
        if (ids.size() < over) {
            detail::refuse(where, {"the ", which, " text has ",
                                   detail::Counted{ids.size(), "token"}, ", and ", over,
                                   " should be cut off it. Take another .truncation or a larger "
                                   ".max_length."});
        }
        ids.resize(ids.size() - over);
    };
    switch (options.truncation) {
    case Truncation::longest_first: // of two that are as long the second one
        for (std::size_t i = 0; i < over; ++i) {
            if (first.size() > second.size()) first.pop_back();
            else second.pop_back();
        }
        break;
    case Truncation::only_first:
        shorten(first, "first");
        break;
    case Truncation::only_second:
        shorten(second, "second");
        break;
    case Truncation::none:
        detail::refuse(where,
                       {"there are ", detail::Counted{all + around, "token"}, ", max_length is ",
                        options.max_length, ", and .truncation is none."});
    }
}

LAMINA_INLINE Encoding WordPiece::join(Ids first, Ids const* second,
                                       EncodeOptions const& options) const {
    Ids other = second ? *second : Ids();
    cut(first, other, second != nullptr, options);
    Encoding out;
    auto const put = [&](Ids const& ids, std::int32_t segment, bool classify) {
        if (options.add_special_tokens && classify) out.token_ids.push_back(cls_);
        for (std::int32_t const id : ids) out.token_ids.push_back(id);
        if (options.add_special_tokens) out.token_ids.push_back(sep_);
        out.segment_ids.resize(out.token_ids.size(), segment);
    };
    put(first, 0, true);
    if (second) put(other, 1, false);
    out.attention_mask.assign(out.token_ids.size(), 1);
    if (!options.padding) return out;
    if (options.max_length == 0) {
        detail::refuse("WordPiece::encode", {"padding needs a .max_length to fill up to."});
    }
    std::size_t const missing = options.max_length - out.token_ids.size();
    auto const pad = [&](Ids& ids, std::int32_t value) {
        ids.insert(options.padding_side == Side::pre ? ids.begin() : ids.end(), missing, value);
    };
    pad(out.token_ids, pad_);
    pad(out.segment_ids, 0);
    pad(out.attention_mask, 0);
    return out;
}

LAMINA_INLINE Encoding WordPiece::encode(std::string_view text,
                                         EncodeOptions const& options) const {
    detail::WordCache known;
    return join(ids(text, options.special, known), nullptr, options);
}

LAMINA_INLINE Encoding WordPiece::encode(std::string_view first, std::string_view second,
                                         EncodeOptions const& options) const {
    detail::WordCache known;
    Ids const other = ids(second, options.special, known);
    return join(ids(first, options.special, known), &other, options);
}

LAMINA_INLINE EncodedBatch WordPiece::batch(TextList const& first, TextList const* second,
                                            EncodeOptions const& options) const {
    detail::WordCache known;
    EncodeOptions each = options;
    each.padding = false;
    std::vector<Ids> tokens(first.size()), segments(first.size()), masks(first.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
        Ids other;
        if (second) other = ids((*second)[i], options.special, known);
        Encoding one = join(ids(first[i], options.special, known), second ? &other : nullptr, each);
        tokens[i] = std::move(one.token_ids);
        segments[i] = std::move(one.segment_ids);
        masks[i] = std::move(one.attention_mask);
    }
    PadOptions pad{.maxlen = options.max_length, .padding = options.padding_side};
    EncodedBatch out;
    out.segment_ids = pad_sequences(segments, pad);
    out.attention_mask = pad_sequences(masks, pad);
    pad.value = pad_;
    out.token_ids = pad_sequences(tokens, pad);
    return out;
}

LAMINA_INLINE EncodedBatch WordPiece::encode_batch(TextList const& texts,
                                                   EncodeOptions const& options) const {
    return batch(texts, nullptr, options);
}

LAMINA_INLINE EncodedBatch WordPiece::encode_batch(TextList const& first, TextList const& second,
                                                   EncodeOptions const& options) const {
    if (first.size() != second.size()) {
        detail::refuse("WordPiece::encode_batch",
                       {"there are ", first.size(), " first and ", second.size(),
                        " second texts. They go in pairs."});
    }
    return batch(first, &second, options);
}

LAMINA_INLINE std::string WordPiece::decode(std::span<std::int32_t const> ids, bool special,
                                            bool clean_up) const {
    std::string text;
    for (std::int32_t const id : ids) {
        std::string_view token = vocabulary_.token(id);
        if (!special && special_.contains(id)) continue;
        if (token.starts_with("##") && !text.empty()) token.remove_prefix(2);
        else if (!text.empty()) text += ' ';
        text += token;
    }
    if (!clean_up) return text;
    // As HuggingFace's clean_up_tokenization, in its order.
    constexpr std::array<std::array<std::string_view, 2>, 10> ends{{{" .", "."},
                                                                    {" ?", "?"},
                                                                    {" !", "!"},
                                                                    {" ,", ","},
                                                                    {" ' ", "'"},
                                                                    {" n't", "n't"},
                                                                    {" 'm", "'m"},
                                                                    {" 's", "'s"},
                                                                    {" 've", "'ve"},
                                                                    {" 're", "'re"}}};
    for (auto const& [from, to] : ends) {
        std::string out;
        std::size_t at = 0;
        for (std::size_t next; (next = text.find(from, at)) != text.npos; at = next + from.size()) {
            out.append(text, at, next - at);
            out += to;
        }
        out.append(text, at);
        text = std::move(out);
    }
    return text;
}

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
