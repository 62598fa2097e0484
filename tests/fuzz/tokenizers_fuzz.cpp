// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: the first byte chooses what the others are: the JSON of a tokenizer,
// which gives one or lamina::Error, or texts, which any tokenizer takes. What was read is written
// the same way again.
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
//       -Iinclude tests/fuzz/tokenizers_fuzz.cpp -o tokenizers_fuzz -lutf8proc
#include <lamina/data/byte_pair.hpp>
#include <lamina/data/tokenizer.hpp>
#include <lamina/data/word_piece.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

template <class Tokenizer>
void check_json(Tokenizer const& tokenizer) {
    std::string const json = tokenizer.to_json();
    if (Tokenizer::from_json(json).to_json() != json) __builtin_trap();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace lamina;
    if (size == 0) return 0;
    std::string const text(reinterpret_cast<char const*>(data) + 1, size - 1);
    std::vector<std::string> const texts{text, text.substr(0, text.size() / 2)};
    try {
        if (data[0] % 5 == 0) {
            Tokenizer const words = Tokenizer::from_json(text);
            check_json(words);
            (void)words.texts_to_sequences(texts);
        } else if (data[0] % 5 == 1) {
            Tokenizer words;
            words.fit_on_texts(texts);
            check_json(words);
            (void)words.sequences_to_texts(words.texts_to_sequences(texts));
        } else if (data[0] % 5 == 2) {
            WordPiece const pieces = WordPiece::from_json(text);
            check_json(pieces);
            (void)pieces.encode(text);
        } else if (data[0] % 5 == 3) {
            BytePair const pairs = BytePair::from_json(text);
            check_json(pairs);
            (void)pairs.decode(pairs.encode(text));
        } else {
            BytePair const pairs = BytePair::train(texts, {.vocabulary_size = 300});
            if (pairs.decode(pairs.encode(text)) != text) __builtin_trap();
        }
    } catch (Error const& e) {
        if (e.what()[0] == '\0') __builtin_trap();
    }
    return 0;
}
