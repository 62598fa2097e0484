// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/tokenizer.hpp>
#include <lamina/data/tokenizer_options.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

// Tokenizer::sequences_to_matrix, and what tf-idf counts for it.

namespace lamina {

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void
Tokenizer::fit_on_sequences(std::vector<Sequence> const& sequences) {
    for (Sequence const& sequence : sequences) {
        for (std::int32_t const index : sequence) {
            if (index >= 0 && index <= most_) continue;
            detail::refuse("Tokenizer::fit_on_sequences",
                           {"there is an index ", index, ". They are from 0 to ", most_, "."});
        }
    }
    for (Sequence indices : sequences) {
        std::sort(indices.begin(), indices.end());
        for (std::size_t i = 0; i < indices.size(); ++i) {
            if (i == 0 || indices[i - 1] != indices[i]) ++index_docs_[indices[i]];
        }
    }
    document_count_ += sequences.size();
}

LAMINA_INLINE Tensor<float, 2>
Tokenizer::sequences_to_matrix(std::vector<Sequence> const& sequences, MatrixMode mode) const {
    constexpr auto where = "Tokenizer::sequences_to_matrix";
    if (options_.num_words == 0 && word_index_.empty()) {
        detail::refuse(where, {"how many columns there should be is not known. Set num_words, or "
                               "call fit_on_texts first."});
    }
    if (mode == MatrixMode::tfidf && document_count_ == 0) {
        detail::refuse(where, {"tfidf needs counts of documents. Call fit_on_texts or "
                               "fit_on_sequences first."});
    }
    std::size_t const width = options_.num_words ? options_.num_words : word_index_.size() + 1;
    Tensor<float, 2> x = Tensor<float, 2>::from_shape({sequences.size(), width});
    std::fill(x.data(), x.data() + x.size(), 0.0f);
    for (std::size_t i = 0; i < sequences.size(); ++i) {
        float* const row = x.data() + i * width;
        for (std::int32_t const index : sequences[i]) {
            if (index < 0) detail::refuse(where, {"sequence ", i, " holds the index ", index, "."});
            if (std::size_t(index) < width) row[index] += 1;
        }
        if (mode == MatrixMode::count) continue;
        for (std::int32_t const index : sequences[i]) {
            if (std::size_t(index) >= width || row[index] <= 0) continue;
            // Those done are negative until the end, so that an index that comes again is not.
            double const n = double(row[index]);
            double value = 1;
            if (mode == MatrixMode::freq) value = n / double(sequences[i].size());
            if (mode == MatrixMode::tfidf) {
                auto const found = index_docs_.find(index);
                double const with = found != index_docs_.end() ? double(found->second) : 0.0;
                value = (1 + std::log(n)) * std::log(1 + double(document_count_) / (1 + with));
            }
            row[index] = -float(value);
        }
        for (std::int32_t const index : sequences[i]) {
            if (std::size_t(index) < width) row[index] = std::abs(row[index]);
        }
    }
    return x;
}

#endif

} // namespace lamina
