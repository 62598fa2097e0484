// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/tokenizer.hpp>

#include <lamina/data/csv.hpp>
#include <lamina/data/unicode.hpp>

#include <doctest/doctest.h>

#include "support/complaint.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace lamina;
using testing::complaint;

namespace {

using Strings = std::vector<std::string>;
using Sequences = std::vector<std::vector<std::int32_t>>;

Strings const rhyme{"The cat sat on the mat.", "The dog sat; the cat ran!", "A dog & a cat?"};

std::vector<float> row(Tensor<float, 2> const& x, std::size_t i) {
    std::size_t const width = x.shape()[1];
    return {x.data() + i * width, x.data() + (i + 1) * width};
}

} // namespace

TEST_CASE("Words are numbered by how often they come, then by when they came") {
    Tokenizer tokenizer;
    tokenizer.fit_on_texts(rhyme);
    Strings words;
    std::vector<std::int64_t> indices;
    for (auto const [word, index] : tokenizer.word_index()) {
        words.emplace_back(word);
        indices.push_back(index);
    }
    CHECK(words == Strings{"the", "cat", "sat", "dog", "a", "on", "mat", "ran"});
    CHECK(indices == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(tokenizer.word_counts()["the"] == 4);
    CHECK(tokenizer.word_docs()["the"] == 2);
    CHECK(tokenizer.word_docs()["a"] == 1);
    CHECK(tokenizer.index_word()[7] == "mat");
    CHECK(tokenizer.index_word().missing(0));
    CHECK(tokenizer.document_count() == 3);
    CHECK(tokenizer.texts_to_sequences({"the cat ate a mat", "", "Fish"}) ==
          Sequences{{1, 2, 5, 7}, {}, {}});
    CHECK(tokenizer.sequences_to_texts({{1, 2, 0, 99}, {}}) == Strings{"the cat", ""});
}

TEST_CASE("Fitting again adds to what was counted and numbers anew") {
    Tokenizer tokenizer;
    tokenizer.fit_on_texts({"b a", "b"});
    CHECK(tokenizer.word_index()["b"] == 1);
    tokenizer.fit_on_texts({"a a c"});
    CHECK(tokenizer.word_index()["a"] == 1);
    CHECK(tokenizer.word_counts()["a"] == 3);
    CHECK(tokenizer.word_docs()["a"] == 2);
    CHECK(tokenizer.document_count() == 3);
}

TEST_CASE("num_words and oov_token limit what is known, and nothing else") {
    Tokenizer tokenizer{{.num_words = 4, .oov_token = "<OOV>"}};
    tokenizer.fit_on_texts(rhyme);
    CHECK(tokenizer.word_index()["<OOV>"] == 1);
    CHECK(tokenizer.word_index()["the"] == 2);
    CHECK(tokenizer.word_index()["ran"] == 9);
    CHECK(tokenizer.texts_to_sequences({"the cat sat by"}) == Sequences{{2, 3, 1, 1}});
    CHECK(tokenizer.sequences_to_texts({{2, 4, 0, 1}}) == Strings{"the <OOV> <OOV> <OOV>"});

    Tokenizer without{{.num_words = 3}};
    without.fit_on_texts(rhyme);
    CHECK(without.texts_to_sequences({"the cat sat by"}) == Sequences{{1, 2}});
    CHECK(without.sequences_to_texts({{1, 2, 3}}) == Strings{"the cat"});

    Tokenizer none{{.num_words = 1}}; // index 0 alone, and that is no word's
    none.fit_on_texts(rhyme);
    CHECK(none.texts_to_sequences(rhyme) == Sequences{{}, {}, {}});
    Tokenizer all{{.num_words = 0}};
    all.fit_on_texts(rhyme);
    CHECK(all.texts_to_sequences({"ran"}) == Sequences{{8}});

    Tokenizer twice{{.oov_token = "cat"}}; // as in Keras, the word's own index holds
    twice.fit_on_texts(rhyme);
    CHECK(twice.word_index()["cat"] == 3);
    CHECK(twice.index_word().missing(1));
    CHECK(twice.index_word()[3] == "cat");
    CHECK(twice.sequences_to_texts({{1, 2, 9}}) == Strings{"cat the ran"});
    CHECK(twice.texts_to_sequences({"fish"}) == Sequences{{3}});
}

TEST_CASE("Filters, splits and cases are options") {
    CHECK(text_to_word_sequence("Don't  PANIC!\tNow\n") == Strings{"don't", "panic", "now"});
    CHECK(text_to_word_sequence("a-b c", {.filters = ""}) == Strings{"a-b", "c"});
    CHECK(text_to_word_sequence("Axx b\xc3\xa9 cxxD",
                                {.filters = "\xc3\xa9", .lower = false, .split = "xx"}) ==
          Strings{"A", " b", " c", "D"});
    CHECK(text_to_word_sequence("\xc3\x89t\xc3\xa9") == Strings{"\xc3\x89t\xc3\xa9"});
    CHECK(text_to_word_sequence("\xc3\x89t\xc3\xa9", {.lower = unicode_lower}) ==
          Strings{"\xc3\xa9t\xc3\xa9"});
    CHECK(text_to_word_sequence("") == Strings{});
    CHECK(text_to_word_sequence("\xff! \xc3", {}) == Strings{"\xff", "\xc3"});

    Tokenizer characters{{.char_level = true}};
    characters.fit_on_texts({"A\xc3\xa9 \xe2\x82\xac\xff", "a!"});
    CHECK(characters.word_index().size() == 6);
    CHECK(characters.word_index()["a"] == 1);
    CHECK(characters.word_index()["\xe2\x82\xac"] == 4);
    CHECK(characters.texts_to_sequences({"\xff\xc3\xa9"}) == Sequences{{5, 2}});
}

TEST_CASE("Texts that are split already, and those of a table's column") {
    Tokenizer tokenizer;
    tokenizer.fit_on_words({{"New York", "is"}, {"new york"}});
    CHECK(tokenizer.word_index()["new york"] == 1);
    CHECK(tokenizer.words_to_sequences({{"IS", "New York", "no"}}) == Sequences{{2, 1}});

    Table const table = read_csv_text("text\tlabel\nGo, go\t1\nStop \"now\"\t0\n",
                                      {.separator = '\t', .quote = '\0'});
    Tokenizer of_table;
    of_table.fit_on_texts(table.texts("text"));
    CHECK(of_table.texts_to_sequences(table.texts("text")) == Sequences{{1, 1}, {2, 3}});

    Table const gaps = read_csv_text("text,label\ngo,1\n,0\n");
    CHECK(complaint([&] { of_table.fit_on_texts(gaps.texts("text")); }) ==
          "TextList: text 1 is missing. Leave such rows out: Table::drop_missing.");
}

TEST_CASE("Matrices: binary, count, freq, tfidf") {
    Tokenizer tokenizer;
    tokenizer.fit_on_texts({"a b a", "b c"});
    Sequences const sequences{{1, 1, 2, 7}, {}, {3, 3, 3}};
    auto const matrix = [&](MatrixMode mode) {
        return tokenizer.sequences_to_matrix(sequences, mode);
    };
    CHECK(matrix(MatrixMode::binary).shape()[0] == 3);
    CHECK(row(matrix(MatrixMode::binary), 0) == std::vector<float>{0, 1, 1, 0});
    CHECK(row(matrix(MatrixMode::count), 0) == std::vector<float>{0, 2, 1, 0});
    CHECK(row(matrix(MatrixMode::count), 1) == std::vector<float>{0, 0, 0, 0});
    CHECK(row(matrix(MatrixMode::freq), 0) == std::vector<float>{0, 0.5f, 0.25f, 0});
    // (1 + log 2) log(1 + 2 / 2), log(1 + 2 / 3); (1 + log 3) log(1 + 2 / 2)
    auto const first = row(matrix(MatrixMode::tfidf), 0), last = row(matrix(MatrixMode::tfidf), 2);
    CHECK(first[1] == doctest::Approx(1.1736001944781467));
    CHECK(first[2] == doctest::Approx(0.5108256237659907));
    CHECK(last[3] == doctest::Approx(1.4546471858032477));
    CHECK(row(tokenizer.texts_to_matrix({"c b zzz c"}, MatrixMode::count), 0) ==
          std::vector<float>{0, 0, 1, 2});

    Tokenizer limited{{.num_words = 3}};
    CHECK(row(limited.sequences_to_matrix({{1, 2, 3}}), 0) == std::vector<float>{0, 1, 1});
    limited.fit_on_sequences({{1, 1, 2}, {2}});
    CHECK(limited.document_count() == 2);
    CHECK(row(limited.sequences_to_matrix({{1}}, MatrixMode::tfidf), 0)[1] ==
          doctest::Approx(0.6931471805599453));
}

TEST_CASE("Keras' JSON, both ways") {
    // What json.dumps gives for a Keras tokenizer fitted on these two texts.
    std::string const keras =
        R"({"class_name": "Tokenizer", "config": {"num_words": 10, "filters": "!\"\t\n", )"
        R"("lower": true, "split": " ", "char_level": false, "oov_token": "<OOV>", )"
        R"("document_count": 2, "word_counts": "{\"caf\\u00e9\": 2, \"\\ud83d\\ude00\": 1}", )"
        R"("word_docs": "{\"caf\\u00e9\": 2, \"\\ud83d\\ude00\": 1}", )"
        R"("index_docs": "{\"2\": 2, \"3\": 1}", )"
        R"("index_word": "{\"1\": \"<OOV>\", \"2\": \"caf\\u00e9\", \"3\": \"\\ud83d\\ude00\"}", )"
        R"("word_index": "{\"<OOV>\": 1, \"caf\\u00e9\": 2, \"\\ud83d\\ude00\": 3}"}})";
    Strings const texts{"caf\xc3\xa9!", "caf\xc3\xa9 \xf0\x9f\x98\x80"};
    Tokenizer tokenizer{{.num_words = 10, .filters = "!\"\t\n", .oov_token = "<OOV>"}};
    tokenizer.fit_on_texts(texts);
    CHECK(tokenizer.to_json() == keras);

    Tokenizer read = Tokenizer::from_json(keras);
    CHECK(read.to_json() == keras);
    CHECK(read.options().num_words == 10);
    CHECK(read.texts_to_sequences(texts) == Sequences{{2}, {2, 3}});
    read.fit_on_texts({"\xf0\x9f\x98\x80 \xf0\x9f\x98\x80"}); // and it can be fitted further
    CHECK(read.word_index()["\xf0\x9f\x98\x80"] == 2);
    CHECK(read.word_docs()["\xf0\x9f\x98\x80"] == 2);

    Tokenizer odd{{.lower = false, .char_level = true}};
    odd.fit_on_texts({std::string_view("\xff\x00\x1f\"\\/\x7f", 7)});
    CHECK(odd.to_json().find("\\udcff") != std::string::npos);
    Tokenizer const again = Tokenizer::from_json(odd.to_json());
    CHECK(again.to_json() == odd.to_json());
    CHECK(!again.options().lower);
    CHECK(again.word_index()["\xff"] == 1);

    Tokenizer sparse{{.num_words = 5}}; // counts of an index that no word has
    sparse.fit_on_sequences({{3, 16'000'000}, {3}});
    CHECK(sparse.to_json().find(R"("index_docs": "{\"3\": 2, \"16000000\": 1}")") !=
          std::string::npos);
    CHECK(Tokenizer::from_json(sparse.to_json()).to_json() == sparse.to_json());
}

TEST_CASE("What a tokenizer refuses") {
    Tokenizer const fresh;
    CHECK(complaint([&] { fresh.texts_to_sequences({"a"}); }) ==
          "Tokenizer::texts_to_sequences: no words are known yet. Call fit_on_texts first.");
    CHECK(complaint([&] { fresh.sequences_to_matrix({{1}}); }) ==
          "Tokenizer::sequences_to_matrix: how many columns there should be is not known. Set "
          "num_words, or call fit_on_texts first.");
    Tokenizer const sized{{.num_words = 5}};
    CHECK(complaint([&] {
              sized.sequences_to_matrix({{1}}, MatrixMode::tfidf);
          }).starts_with("Tokenizer::sequences_to_matrix: tfidf needs counts"));
    CHECK(complaint([&] {
              sized.sequences_to_matrix({{1}, {2, -3}});
          }) == "Tokenizer::sequences_to_matrix: sequence 1 holds the index -3.");
    CHECK(complaint([] {
              Tokenizer().fit_on_sequences({{1}, {1 << 24}});
          }) ==
          "Tokenizer::fit_on_sequences: there is an index 16777216. They are from 0 to 16777215.");
    CHECK(complaint([] { Tokenizer{{.split = ""}}; }).starts_with("Tokenizer: split is empty."));
    CHECK(complaint([] { Tokenizer{{.filters = "\xff"}}; }) == "Tokenizer: filters is not UTF-8.");
    CHECK(complaint([] { Tokenizer().word_index()["x"]; }) == "WordMap: there is no word \"x\".");

    auto const json = [](std::string_view text) {
        return complaint([&] { Tokenizer::from_json(text); });
    };
    CHECK(json("{}").starts_with("Tokenizer::from_json: there is no config with a word_index"));
    CHECK(json("[1]").starts_with("Tokenizer::from_json: this is not the JSON expected here: at "
                                  "byte 0 (\"[1]\") there should be \"{\"."));
    CHECK(json(R"({"a": 1.5e3, "b": [null, true, {"c": "\n"}], "config": {"split": 3}})")
              .find("there should be \"\\\"\"") != std::string::npos);
    CHECK(json(R"({"config": {"split": "\ud800x"}})").find("half of a surrogate pair") !=
          std::string::npos);
    CHECK(json(R"({"config": {"split": "\u12"}})").find("four hexadecimal digits") !=
          std::string::npos);
    CHECK(json(R"({"config": {"split": "x)").find("does not end") != std::string::npos);
    CHECK(json(R"({"config": {"num_words": -1}})").find("num_words is negative") !=
          std::string::npos);
    CHECK(json(R"({"config": {"num_words": 1.5}})").find("a whole number") != std::string::npos);
    CHECK(json(R"({"config": {}} x)").find("more text behind") != std::string::npos);
    CHECK(json("{\"a\": " + std::string(100000, '[')).find("nested deeper") != std::string::npos);
    CHECK(json(R"({"config": {"word_index": "{\"a\": 99999999999}"}})")
              .find("the index of \"a\" is 99999999999, more than 16777215") != std::string::npos);
    CHECK(json(R"({"config": {"word_index": "{\"a\": 1}", "index_word": "{\"x\": \"a\"}"}})")
              .find("an index from 0 to 10") != std::string::npos);
    // words have the lowest indices: no text of 30 bytes asks for room for millions
    for (char const* const index : {"16777215", "99999999999999999999", "-1", ""})
        CHECK(json(R"({"config": {"word_index": "{\"a\": 1}", "index_word": "{\")" +
                   std::string(index) + R"(\": \"a\"}"}})")
                  .find("the key should be an index from 0 to ") != std::string::npos);
    CHECK(json(R"({"config": {"word_index": "{\"a\": 1}", "index_docs": "{\"1\": -1}"}})")
              .find("a number is negative") != std::string::npos);
    CHECK(json(R"({"config": {"word_index": "{}", "word_docs": "{\"a\": 1}"}})")
              .find("word_counts does not") != std::string::npos);
}
