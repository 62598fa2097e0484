// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/vocabulary.hpp>

#include <lamina/core/error.hpp>
#include <lamina/data/file.hpp>

#include <doctest/doctest.h>

#include "support/complaint.hpp"

#include <filesystem>
#include <string>
#include <string_view>

using namespace lamina;
using testing::complaint;

namespace {

} // namespace

TEST_CASE("Tokens have numbers in the order in which they come") {
    Vocabulary words({"a", "", "the"});
    CHECK(words.size() == 3);
    CHECK(words.add("the") == 2);
    CHECK(words.add("cat") == 3);
    CHECK(words.id("") == 1);
    CHECK(words.token(3) == "cat");
    CHECK(!words.find("dog"));
    CHECK(!Vocabulary().contains(""));
    CHECK(complaint([&] { words.id("dog"); }) ==
          "Vocabulary::id: \"dog\" is not among the 4 tokens.");
    CHECK(complaint([&] { words.token(4); }) ==
          "Vocabulary::token: there is no id 4: the vocabulary has 4 tokens, and the first one's "
          "id is 0.");
    CHECK(complaint([&] { words.token(-1); }).find("there is no id -1") != std::string::npos);
    CHECK(complaint([] {
              Vocabulary({"a", "b", "a"});
          }) == "Vocabulary: token 2, \"a\", is token 0 already. Each may be there once.");

    Vocabulary many, copy;
    bool all = true;
    for (int i = 0; i < 5000; ++i) {
        all = all && many.add(std::to_string(i)) == i;
        if (i == 2500) copy = many;
    }
    for (int i = 0; i < 5000; ++i) {
        std::string const word = std::to_string(i);
        all = all && many.id(word) == i && many.token(i) == word;
        all = all && copy.contains(word) == (i <= 2500);
    }
    CHECK(all);
}

TEST_CASE("A vocabulary's file has a token on each line") {
    std::string const path =
        (std::filesystem::temp_directory_path() / "lamina_tokens.txt").string();
    Vocabulary const words({"[PAD]", "\xe2\x80\xa8", " spaced ", "z"});
    words.save(path);
    CHECK(detail::FileText(path).view() == "[PAD]\n\xe2\x80\xa8\n spaced \nz\n");
    Vocabulary const again = Vocabulary::load(path);
    CHECK(again.size() == 4);
    CHECK(again.token(2) == " spaced ");
    for (std::string_view const token : {"", "a\nb", "a\r"}) {
        CHECK(complaint([&] {
                  Vocabulary({"x", token}).save(path);
              }).find("cannot be a line of its own") != std::string::npos);
    }
    CHECK(Vocabulary::load(path).size() == 4); // and the file is as it was
    std::filesystem::remove(path);
}
