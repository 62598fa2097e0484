// SPDX-License-Identifier: BSD-3-Clause
//
// For scripts/check-tokenizers. Trains tokenizers on a text and writes each as a tokenizer.json,
// with what it makes of many texts; HuggingFace's own library must make the same of them. Then
// reads the tokenizer.json that HuggingFace writes, and must make the same again.
//
//     write_tokenizers FOLDER TEXT      writes FOLDER/NAME.json and FOLDER/NAME.cases
//     write_tokenizers --read FOLDER    compares FOLDER/huggingface/NAME.json with
//     FOLDER/NAME.cases
#include <lamina/core/random.hpp>
#include <lamina/data/byte_pair.hpp>
#include <lamina/data/utf8.hpp>
#include <lamina/data/word_piece.hpp>

#include <nlohmann/json.hpp>
#include <utf8proc.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace lamina;
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> lines_of(std::string const& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
        if (!line.empty()) lines.push_back(line);
    return lines;
}

/// A text of characters that tokenizers treat each in their own way.
std::string odd_text(Random const& random, std::vector<std::string> const& lines) {
    static constexpr std::pair<char32_t, char32_t> ranges[]{
        {0x20, 0x7e},       // ASCII
        {0x20, 0x7e},       //
        {0x41, 0x7a},       // letters
        {0x01, 0x1f},       // controls
        {0x7f, 0x17f},      // controls, Latin with accents
        {0x300, 0x36f},     // accents alone
        {0x370, 0x52f},     // Greek, Cyrillic
        {0x590, 0x6ff},     // Hebrew, Arabic
        {0x900, 0xe7f},     // India, Thai
        {0x1e00, 0x20bf},   // more Latin and Greek, spaces, punctuation, joiners, money
        {0x2100, 0x2bff},   // letters as signs, numbers, arrows
        {0x3000, 0x31ff},   // Chinese punctuation, Kana
        {0x4e00, 0x9fff},   // Chinese
        {0xac00, 0xd7a3},   // Hangul
        {0xe000, 0xffff},   // private, compatibility, specials
        {0x10000, 0x10fff}, // old scripts
        {0x1d400, 0x1d7ff}, // mathematics
        {0x1f000, 0x1faff}, // pictures
        {0x20000, 0x2a6df}, // more Chinese
        {0xe0000, 0xe01ef}, // tags
    };
    static constexpr std::string_view words[]{
        "[MASK]", "[CLS]x",  "[sep]",        "<|endoftext|>", " <|endoftext|>b", "don't",
        "I'LL",   "it's ",   "   ",          "\t\n",          "\r\n ",           "##ing",
        "3.14",   "e\u0301", "\u1e9e\u0130", "\u03a3\u03c2",  "a\u200db",        "\ufb01"};
    std::string text;
    std::size_t const pieces = 1 + random.below(0, 12);
    for (std::size_t i = 0; i < pieces; ++i) {
        Random const r = random.child(i);
        auto const kind = r.below(0, 4);
        if (kind == 0) {
            text += words[r.below(1, std::size(words))];
        } else if (kind == 1) {
            std::string const& line = lines[r.below(1, lines.size())];
            text += line.substr(0, line.find(' ', r.below(2, line.size())));
        } else {
            auto const [first, last] = ranges[r.below(1, std::size(ranges))];
            for (std::size_t n = 1 + r.below(2, 6), k = 0; k < n; ++k)
                if (char32_t const c = first + char32_t(r.below(3 + k, last - first + 1));
                    utf8proc_category(utf8proc_int32_t(c)) != UTF8PROC_CATEGORY_CN)
                    detail::append_utf8(text, c);
        }
        if (r.below(20, 3) == 0) text += ' ';
    }
    return text;
}

struct Case {
    std::string text, second; // second empty: there is none
    std::size_t max_length = 0;
};
std::vector<Case> cases_of(std::vector<std::string> const& lines) {
    std::vector<Case> cases;
    for (std::size_t i = 0; i < 200; ++i) cases.push_back({lines[i * 7 % lines.size()], ""});
    for (std::size_t i = 0; i < 4000; ++i)
        cases.push_back({odd_text(Random{1}.child(i), lines), ""});
    for (std::size_t i = 0; i < 500; ++i) {
        Random const r = Random{2}.child(i);
        // An odd token is the first text's in BERT's own code, the second's in HuggingFace's.
        std::size_t const max_length = 3 + 2 * r.below(0, 12);
        cases.push_back({odd_text(r.child(0), lines), i % 3 == 0 ? "" : odd_text(r.child(1), lines),
                         max_length});
    }
    return cases;
}

Json answer(WordPiece const& pieces, Case const& c) {
    EncodeOptions const options{.max_length = c.max_length};
    Encoding const e = c.second.empty() ? pieces.encode(c.text, options)
                                        : pieces.encode(c.text, c.second, options);
    return {{"ids", e.token_ids},
            {"segments", e.segment_ids},
            {"decoded", pieces.decode(e.token_ids, false)}};
}
Json answer(BytePair const& pairs, Case const& c) {
    auto const ids = pairs.encode(c.text);
    return {{"ids", ids}, {"decoded", pairs.decode(ids, false)}};
}
bool fits(WordPiece const&, Case const&) { return true; }
bool fits(BytePair const&, Case const& c) { return c.max_length == 0; }

void write(fs::path const& folder, std::string const& name, auto const& tokenizer,
           std::vector<Case> const& cases) {
    std::ofstream(folder / (name + ".json")) << tokenizer.to_json();
    Json all = Json::array();
    for (auto const& c : cases) {
        if (!fits(tokenizer, c)) continue;
        Json one = answer(tokenizer, c);
        one["text"] = c.text;
        one["second"] = c.second;
        one["max_length"] = c.max_length;
        all.push_back(std::move(one));
    }
    std::ofstream(folder / (name + ".cases")) << all;
    std::printf("%s: %zu tokens, %zu texts\n", name.c_str(), tokenizer.size(), all.size());
}

int write_all(fs::path const& folder, std::string const& text) {
    auto const lines = lines_of(text);
    auto const cases = cases_of(lines);
    TextList const texts(lines);
    WordPieceTraining const training{.vocabulary_size = 3000};
    write(folder, "word_piece_uncased", WordPiece::train(texts, training), cases);
    write(folder, "word_piece_cased", WordPiece::train(texts, training, {.lower = false}), cases);
    write(folder, "word_piece_accents",
          WordPiece::train(texts, training, {.lower = true, .strip_accents = false}), cases);
    write(folder, "word_piece_short_words",
          WordPiece::train(texts, {.vocabulary_size = 500},
                           {.lower = false, .strip_accents = true, .max_input_chars_per_word = 5}),
          cases);
    write(folder, "byte_pair", BytePair::train(texts, {.vocabulary_size = 3000}), cases);
    write(folder, "byte_pair_bytes", BytePair::train(texts, {.vocabulary_size = 257}), cases);
    return 0;
}

std::string content_of(fs::path const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
std::size_t differences(auto const& tokenizer, Json const& cases) {
    std::size_t wrong = 0;
    for (auto const& c : cases) {
        Json const found = answer(tokenizer, {c.at("text"), c.at("second"), c.at("max_length")});
        for (auto const& [key, value] : found.items()) {
            if (value == c.at(key)) continue;
            if (++wrong < 4)
                std::printf("  %s of %s: %s, wanted %s\n", key.c_str(), c.at("text").dump().c_str(),
                            value.dump().c_str(), c.at(key).dump().c_str());
        }
    }
    return wrong;
}
int read_all(fs::path const& folder) {
    std::size_t wrong = 0, files = 0;
    for (auto const& entry : fs::directory_iterator(folder / "huggingface")) {
        std::string const name = entry.path().stem().string(), json = content_of(entry.path());
        auto const cases = Json::parse(content_of(folder / (name + ".cases")));
        std::size_t const n = name.starts_with("word")
                                  ? differences(WordPiece::from_json(json), cases)
                                  : differences(BytePair::from_json(json), cases);
        std::printf("%s as HuggingFace writes it: %zu texts, %zu differ\n", name.c_str(),
                    cases.size(), n);
        wrong += n;
        ++files;
    }
    return wrong > 0 || files == 0;
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 3) {
        std::fprintf(stderr, "write_tokenizers FOLDER TEXT | --read FOLDER\n");
        return 2;
    }
    return std::string_view(argv[1]) == "--read" ? read_all(argv[2]) : write_all(argv[1], argv[2]);
} catch (std::exception const& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
