// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/tensor.hpp>
#include <lamina/data/pad_sequences.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
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
/// by token, or of the one named. `none`: that is an error. Of two texts of one length the second
/// is cut, as in BERT's own code; HuggingFace's fast tokenizers cut the first.
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

} // namespace lamina
