// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Needs utf8proc: component `unicode`.
#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/bert_words.hpp>
#include <lamina/data/special_tokens.hpp>
#include <lamina/data/text_list.hpp>
#include <lamina/data/vocabulary.hpp>
#include <lamina/data/word_cache.hpp>
#include <lamina/data/word_piece_options.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

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

    /// All of it, options too, as HuggingFace's tokenizer.json has it: what
    /// BertTokenizerFast.save_pretrained writes. An attachment of a saved model:
    ///
    ///     save(model, "m.safetensors", {.attachments = {{"tokenizer", pieces.to_json()}}});
    ///     auto pieces = WordPiece::from_json(read_attachment("m.safetensors", "tokenizer"));
    std::string to_json() const;
    /// Reads such a text. `options` says what the text leaves open: the names of the special
    /// tokens.
    static WordPiece from_json(std::string_view json, WordPieceOptions options = {});

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
    std::string decode(Span<std::int32_t const> ids, bool special = true,
                       bool clean_up = true) const;
    std::string decode(std::vector<std::int32_t> const& ids, bool special = true,
                       bool clean_up = true) const {
        return decode(Span<std::int32_t const>(ids), special, clean_up);
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

    /// special: those that there are beside the ones in `options`.
    WordPiece(Vocabulary vocabulary, WordPieceOptions options, std::string const& where,
              std::vector<detail::SpecialToken> special = {});
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

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE WordPiece::WordPiece(Vocabulary vocabulary, WordPieceOptions options,
                                                 std::string const& where,
                                                 std::vector<detail::SpecialToken> special)
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
        special.push_back({token, *id});
        return *id;
    };
    unk_ = need(options_.unk_token, "unk_token");
    pad_ = need(options_.pad_token, "pad_token");
    cls_ = need(options_.cls_token, "cls_token");
    sep_ = need(options_.sep_token, "sep_token");
    mask_ = need(options_.mask_token, "mask_token");
    special_ = detail::SpecialTokens(std::move(special));
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

LAMINA_INLINE std::string WordPiece::decode(Span<std::int32_t const> ids, bool special,
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

#endif

} // namespace lamina

// What puts texts together as BERT takes them, what learns a vocabulary and what writes one: files
// of their own.
#include <lamina/data/word_piece_encoding.hpp>
#include <lamina/data/word_piece_json.hpp>
#include <lamina/data/word_piece_training.hpp>
