// SPDX-License-Identifier: BSD-3-Clause
// write_seeds FOLDER: the inputs that scripts/check-fuzz begins with for tokenizers_fuzz: a
// tokenizer.json of each kind, and texts.
#include <lamina/data/byte_pair.hpp>
#include <lamina/data/tokenizer.hpp>
#include <lamina/data/word_piece.hpp>

#include <fstream>
#include <string>
#include <vector>

using namespace lamina;

int main(int, char** argv) {
    std::string const folder = argv[1];
    auto const write = [&](char const* name, char kind, std::string const& text) {
        std::ofstream(folder + "/" + name, std::ios::binary) << kind << text;
    };
    std::vector<std::string> const texts{"the cat sat on the mat",
                                         "die Katze sa\u00df \u00fcber uns"};
    Tokenizer words({.num_words = 10, .oov_token = "[UNK]"});
    words.fit_on_texts(texts);
    write("keras", '\0', words.to_json());
    write("texts", '\1', texts[1]);
    write("word_piece", '\2', WordPiece::train(texts, {.vocabulary_size = 40}).to_json());
    write("byte_pair", '\3', BytePair::train(texts, {.vocabulary_size = 262}).to_json());
    write("bytes", '\4', texts[0]);
}
