// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/labelled_texts.hpp>

#include <lamina/core/error.hpp>
#include <lamina/data/csv.hpp>

#include <doctest/doctest.h>

#include "support/complaint.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace lamina;
using testing::complaint;

namespace {

using Strings = std::vector<std::string>;
using Labels = std::vector<std::int32_t>;

/// n texts "0", "1", ...; every third one is of class 1.
LabelledTexts numbered(std::size_t n) {
    LabelledTexts out{{}, {}, {"a", "b"}};
    for (std::size_t i = 0; i < n; ++i) {
        out.texts.push_back(std::to_string(i));
        out.labels.push_back(i % 3 == 0);
    }
    return out;
}

} // namespace

TEST_CASE("Text and label columns of a CSV or TSV text") {
    Table const table = read_csv_text("review,sentiment,stars\n\"Good, \"\"great\"\"\",positive,2\n"
                                      "Bad,negative,0\n",
                                      {}, "imdb.csv");
    LabelledTexts const texts = labelled_texts(table, "review", "sentiment");
    CHECK(texts.texts == Strings{"Good, \"great\"", "Bad"});
    CHECK(texts.labels == Labels{1, 0});
    CHECK(texts.classes == Strings{"negative", "positive"});

    LabelledTexts const stars = labelled_texts(table, "review", "stars");
    CHECK(stars.labels == Labels{2, 0});
    CHECK(stars.classes == Strings{"0", "1", "2"});
    LabelledTexts const mapped = labelled_texts(
        table.map("sentiment", {{"positive", 1}, {"negative", 0}}), "review", "sentiment");
    CHECK(mapped.labels == Labels{1, 0});

    Table const sms = read_csv_text(
        "ham\tOk lar... \"Joking\nspam\tFree entry, 2\n",
        {.separator = '\t', .quote = '\0', .header = false, .names = {"label", "text"}});
    LabelledTexts const messages = labelled_texts(sms, "text", "label");
    CHECK(messages.texts == Strings{"Ok lar... \"Joking", "Free entry, 2"});
    CHECK(messages.classes == Strings{"ham", "spam"});
    // texts that look like numbers stay texts where that is asked for
    Table const numbers = read_csv_text("text,label\n42,a\n7,b\n", {.texts = "text"});
    CHECK(labelled_texts(numbers, "text", "label").texts == Strings{"42", "7"});
}

TEST_CASE("Columns that are no texts or classes are refused") {
    Table const table = read_csv_text("text,label,x\na,u,0.5\nb,,1\n");
    CHECK(complaint([&] { labelled_texts(table, "text", "label"); }) ==
          "text:3:2 (column \"label\"): a gap where a class is needed. Use drop_missing().");
    CHECK(complaint([&] { labelled_texts(table, "text", "x"); }) ==
          "text:2:3 (column \"x\"): 0.5 is no class. Classes are whole numbers from 0; use map or "
          "encode before.");
    CHECK(complaint([] { labelled_texts(read_csv_text("t,y\n,1\nb,0\n"), "t", "y"); }) ==
          "text:2:1 (column \"t\"): a gap where a text is needed. Use drop_missing().");
    CHECK(complaint([&] { labelled_texts(table, "x", "label"); }).find("numbers, not text") !=
          std::string::npos);
    CHECK(complaint([&] { labelled_texts(table, "y", "label"); }).find("no column \"y\"") !=
          std::string::npos);
}

TEST_CASE("Splits are shuffled by the seed and keep the classes' shares") {
    LabelledTexts const all = numbered(30);
    auto const [train, test] = all.split({.test = 0.2f, .seed = 7});
    CHECK(train.size() == 24);
    CHECK(test.size() == 6);
    CHECK(std::count(test.labels.begin(), test.labels.end(), 1) == 2);
    CHECK(test.classes == all.classes);
    Strings both = train.texts;
    both.insert(both.end(), test.texts.begin(), test.texts.end());
    for (std::size_t i = 0; i < train.size(); ++i)
        CHECK(train.labels[i] == (std::stoi(train.texts[i]) % 3 == 0));
    CHECK(both != all.texts);
    std::sort(both.begin(), both.end());
    Strings sorted = all.texts;
    std::sort(sorted.begin(), sorted.end());
    CHECK(both == sorted);
    CHECK(all.split({.test = 0.2f, .seed = 7}).test.texts == test.texts);
    CHECK(all.split({.test = 0.2f, .seed = 8}).test.texts != test.texts);

    auto const in_order = all.split({.test_rows = 2, .shuffle = false, .stratified = false});
    CHECK(in_order.test.texts == Strings{"28", "29"});
    auto const three = all.split_in_three({.validation = 0.1f, .test = 0.2f});
    CHECK(three.train.size() == 21);
    CHECK(three.validation.size() == 3);
    CHECK(std::count(three.validation.labels.begin(), three.validation.labels.end(), 1) == 1);

    CHECK(all.take(std::array<std::size_t, 2>{29, 0}).texts == Strings{"29", "0"});
    CHECK(complaint([&] { all.take(std::array<std::size_t, 1>{30}); }) ==
          "LabelledTexts::take: text 30 of 30.");
    CHECK(complaint([&] { all.split({.test = 1.5f}); }).find("no share") != std::string::npos);
    CHECK(complaint([&] { all.split({.label = "x"}); }).find("is a table's") != std::string::npos);
    CHECK(complaint([&] { all.split_in_three({.validation_rows = 20, .test_rows = 10}); }) ==
          "split: 20 texts to validate and 10 to test leave none of 30 texts to train.");
    LabelledTexts wrong = all;
    wrong.labels[3] = 5;
    CHECK(complaint([&] { wrong.split(); }).find("the label 5") != std::string::npos);
    wrong.labels.pop_back();
    CHECK(complaint([&] { wrong.split(); }) == "split: there are 30 texts and 29 labels.");
}
