# SPDX-License-Identifier: BSD-3-Clause
# lamina::unicode: lamina/data/unicode.hpp and the tokenizers that stand on it, on utf8proc.

set(lamina_unicode_headers data/unicode.hpp data/bert_words.hpp data/byte_pair.hpp
    data/byte_pair_files.hpp data/byte_pair_training.hpp data/byte_pair_words.hpp
    data/word_piece.hpp data/word_piece_encoding.hpp data/word_piece_json.hpp
    data/word_piece_training.hpp)

lamina_component_on(unicode UTF8PROC TITLE utf8proc PACKAGE libutf8proc-dev HEADER utf8proc.h
    SUFFIXES include NAMES utf8proc)
