// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/pad_sequences.hpp>
#include <lamina/data/text_list.hpp>
#include <lamina/data/word_cache.hpp>
#include <lamina/data/word_piece.hpp>
#include <lamina/data/word_piece_options.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

// WordPiece::encode and encode_batch: [CLS] and [SEP], cut and padded.

namespace lamina {

#if LAMINA_BODIES

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

#endif

} // namespace lamina
