// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/word_piece.hpp>

#include <lamina/core/error.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/file.hpp>

#include <doctest/doctest.h>

#include "support/complaint.hpp"
#include "support/skip.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using namespace lamina;
using testing::complaint;

namespace {

using Ids = std::vector<std::int32_t>;
using Strings = std::vector<std::string>;

/// The example of BERT's own tests, with some more behind it.
WordPiece small(WordPieceOptions const& options = {}) {
    return WordPiece(Vocabulary({"[UNK]",       "[CLS]", "[SEP]",  "[PAD]", "[MASK]",       "want",
                                 "##want",      "##ed",  "wa",     "un",    "runn",         "##ing",
                                 ",",           "low",   "lowest", "!",     "\xe4\xb8\xad", "cafe",
                                 "caf\xc3\xa9", "don",   "'",      "t",     "RUN"}),
                     options);
}

Ids row(Tensor<std::int32_t, 2> const& x, std::size_t i) {
    std::size_t const width = x.shape()[1];
    return {x.data() + i * width, x.data() + (i + 1) * width};
}

} // namespace

TEST_CASE("Words become the longest pieces, or are unknown") {
    auto const bert = small();
    CHECK(bert.tokenize("UNwant\xc3\xa9"
                        "d,running") == Strings{"un", "##want", "##ed", ",", "runn", "##ing"});
    CHECK(bert.tokenize("unwanted running") == Strings{"un", "##want", "##ed", "runn", "##ing"});
    CHECK(bert.tokenize("unwantedX running") == Strings{"[UNK]", "runn", "##ing"});
    CHECK(bert.tokenize("lowest lower") == Strings{"lowest", "[UNK]"});
    CHECK(bert.tokenize("").empty());
    CHECK(bert.tokenize(" \t\r\n").empty());
    CHECK(bert.tokenize("##ing ing") == Strings{"[UNK]", "[UNK]", "[UNK]", "[UNK]"});
    std::string const word = "un" + std::string(99, 'x'), ed = "wanted";
    CHECK(bert.tokenize(word) == Strings{"[UNK]"});
    CHECK(small({.max_input_chars_per_word = 6}).tokenize(ed) == Strings{"want", "##ed"});
    CHECK(small({.max_input_chars_per_word = 5}).tokenize(ed) == Strings{"[UNK]"});
    CHECK(bert.tokenize(std::string(1000000, 'w')) == Strings{"[UNK]"});
}

TEST_CASE("BERT's rules for characters") {
    auto const bert = small();
    // controls, U+FFFD, NUL, private characters and what is no UTF-8 are left out
    CHECK(bert.tokenize(std::string_view("l\0o\x01w\xff\xef\xbf\xbd\xee\x80\x80\x7f", 14)) ==
          Strings{"low"});
    CHECK(bert.tokenize("l\xc2\xado\xe2\x80\x8bw") == Strings{"low"}); // soft hyphen, U+200B
    CHECK(bert.tokenize("low\xc2\xa0low\xe3\x80\x80low\xe2\x80\xa8low") ==
          Strings{"low", "low", "low", "low"}); // spaces, a line separator
    CHECK(bert.tokenize("low\xe4\xb8\xad\xe4\xb8\xadlow") ==
          Strings{"low", "\xe4\xb8\xad", "\xe4\xb8\xad", "low"});
    CHECK(bert.tokenize("don't!!") == Strings{"don", "'", "t", "!", "!"});
    CHECK(bert.tokenize("low\xe2\x80\x94low$") == Strings{"low", "[UNK]", "low", "[UNK]"});
    CHECK(bert.tokenize("CAF\xc3\x89 cafe\xcc\x81") == Strings{"cafe", "cafe"});

    auto const cased = small({.lower = false});
    CHECK(cased.tokenize("caf\xc3\xa9 RUN run") == Strings{"caf\xc3\xa9", "RUN", "[UNK]"});
    CHECK(small({.lower = false, .strip_accents = true}).tokenize("caf\xc3\xa9") ==
          Strings{"cafe"});
    CHECK(small({.strip_accents = false}).tokenize("CAF\xc3\x89") == Strings{"caf\xc3\xa9"});
}

TEST_CASE("Special tokens in a text stand for themselves, unless they should not") {
    auto const bert = small();
    CHECK(bert.tokenize("low[MASK]low [mask]") ==
          Strings{"low", "[MASK]", "low", "[UNK]", "[UNK]", "[UNK]"});
    CHECK(bert.tokenize("[MASK]", false) == Strings{"[UNK]", "[UNK]", "[UNK]"});
    CHECK(bert.encode("[MASK]", {.special = false}).token_ids == Ids{1, 0, 0, 0, 2});
}

TEST_CASE("One text and two, cut and padded") {
    auto const bert = small();
    Encoding const one = bert.encode("low want low");
    CHECK(one.token_ids == Ids{1, 13, 5, 13, 2});
    CHECK(one.segment_ids == Ids{0, 0, 0, 0, 0});
    CHECK(one.attention_mask == Ids{1, 1, 1, 1, 1});
    Encoding const two = bert.encode("low want", "un", {.max_length = 8, .padding = true});
    CHECK(two.token_ids == Ids{1, 13, 5, 2, 9, 2, 3, 3});
    CHECK(two.segment_ids == Ids{0, 0, 0, 0, 1, 1, 0, 0});
    CHECK(two.attention_mask == Ids{1, 1, 1, 1, 1, 1, 0, 0});
    CHECK(bert.encode("low", {.max_length = 4, .padding = true, .padding_side = Side::pre})
              .token_ids == Ids{3, 1, 13, 2});
    CHECK(bert.encode("low want", {.add_special_tokens = false}).token_ids == Ids{13, 5});

    std::string_view const a = "low want un low", b = "un un low";
    auto const cut = [&](Truncation truncation, std::size_t length) {
        return bert.encode(a, b, {.max_length = length, .truncation = truncation}).token_ids;
    };
    CHECK(cut(Truncation::longest_first, 9) == Ids{1, 13, 5, 9, 2, 9, 9, 13, 2});
    CHECK(cut(Truncation::longest_first, 8) == Ids{1, 13, 5, 9, 2, 9, 9, 2});
    CHECK(cut(Truncation::only_first, 8) == Ids{1, 13, 5, 2, 9, 9, 13, 2});
    CHECK(cut(Truncation::only_second, 8) == Ids{1, 13, 5, 9, 13, 2, 9, 2});
    CHECK(cut(Truncation::longest_first, 3) == Ids{1, 2, 2});
    CHECK(cut(Truncation::none, 10).size() == 10);
    CHECK(complaint([&] { cut(Truncation::none, 9); }) ==
          "WordPiece::encode: there are 10 tokens, max_length is 9, and .truncation is none.");
    CHECK(complaint([&] { cut(Truncation::only_second, 6); }) ==
          "WordPiece::encode: the second text has 3 tokens, and 4 should be cut off it. Take "
          "another .truncation or a larger .max_length.");
    CHECK(complaint([&] { cut(Truncation::longest_first, 2); }) ==
          "WordPiece::encode: max_length is 2, and the special tokens alone are 3.");
    CHECK(complaint([&] { bert.encode("low", {.padding = true}); }) ==
          "WordPiece::encode: padding needs a .max_length to fill up to.");
}

TEST_CASE("Batches are tensors") {
    auto const bert = small();
    EncodedBatch const batch = bert.encode_batch({"low", "low want low"});
    CHECK(row(batch.token_ids, 0) == Ids{1, 13, 2, 3, 3});
    CHECK(row(batch.attention_mask, 0) == Ids{1, 1, 1, 0, 0});
    CHECK(row(batch.token_ids, 1) == Ids{1, 13, 5, 13, 2});
    EncodedBatch const pairs =
        bert.encode_batch({"low", "low want"}, {"un", ""}, {.max_length = 7});
    CHECK(row(pairs.token_ids, 0) == Ids{1, 13, 2, 9, 2, 3, 3});
    CHECK(row(pairs.segment_ids, 0) == Ids{0, 0, 0, 1, 1, 0, 0});
    CHECK(row(pairs.segment_ids, 1) == Ids{0, 0, 0, 0, 1, 0, 0});
    CHECK(complaint([&] {
              bert.encode_batch({"a", "b"}, {"c", "d", "e"});
          }) == "WordPiece::encode_batch: there are 2 first and 3 second texts. They go in pairs.");
}

TEST_CASE("Pieces become text again") {
    auto const bert = small();
    Ids const ids = bert.encode("Unwanted, don't low!").token_ids;
    CHECK(bert.decode(ids, false) == "unwanted, don't low!");
    CHECK(bert.decode(ids, false, false) == "unwanted , don ' t low !");
    CHECK(bert.decode(ids, true, false) == "[CLS] unwanted , don ' t low ! [SEP]");
    CHECK(bert.decode(Ids{}) == "");
    CHECK(bert.decode(Ids{7}) == "##ed");
    CHECK_THROWS_AS(bert.decode(Ids{23}), Error);
}

TEST_CASE("A vocabulary is learnt from texts") {
    Strings const texts{"Low low low low low lower lower", "newest newest newest newest newest "
                                                           "newest widest widest widest"};
    auto const bert = WordPiece::train(texts, {.vocabulary_size = 36});
    // The special tokens, the 10 letters as they begin and as they go on (d e i l n o r s t w),
    // then by count: ##e ##s 9, ##es ##t 9, l ##o 7 (as ##o ##w, but l is the older symbol), ...
    CHECK(bert.size() == 36);
    CHECK(bert.vocabulary().token(0) == "[PAD]");
    CHECK(bert.vocabulary().token(5) == "d");
    CHECK(bert.vocabulary().token(15) == "##d");
    CHECK(bert.vocabulary().token(25) == "##es");
    CHECK(bert.vocabulary().token(26) == "##est");
    CHECK(bert.vocabulary().token(27) == "lo");
    CHECK(bert.vocabulary().token(28) == "low");
    CHECK(bert.tokenize("LOWEST") == Strings{"low", "##est"});
    CHECK(bert.tokenize("fox") == Strings{"[UNK]"});

    std::string const path = (std::filesystem::temp_directory_path() / "lamina_vocab.txt").string();
    bert.save(path);
    auto const again = WordPiece::load(path);
    CHECK(again.encode_batch(texts).token_ids == bert.encode_batch(texts).token_ids);
    std::filesystem::remove(path);

    auto const few =
        WordPiece::train({"aaa aaa bbb c"}, {.vocabulary_size = 100, .limit_alphabet = 2});
    CHECK(!few.vocabulary().contains("c"));
    CHECK(few.vocabulary().contains("aaa"));
    CHECK(complaint([] { WordPiece::train({"abc"}, {.vocabulary_size = 10}); }) ==
          "WordPiece::train: vocabulary_size is 10. The special tokens and the characters of these "
          "texts alone are 11: set .limit_alphabet lower or the size higher.");
    CHECK(complaint([] {
              WordPiece::train({"", " "});
          }) == "WordPiece::train: there are no words in the texts.");
}

TEST_CASE("Vocabularies that do not fit are refused") {
    std::string const path = (std::filesystem::temp_directory_path() / "lamina_vocab.txt").string();
    auto const load = [&](std::string_view text) {
        detail::write_file(path, text);
        return complaint([&] { WordPiece::load(path); });
    };
    CHECK(load("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\na") == "");
    CHECK(WordPiece::load(path).tokenize("a") == Strings{"a"});
    CHECK(load("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n") ==
          path + ": the mask_token \"[MASK]\" is not among the 5 tokens. Is this a WordPiece "
                 "vocabulary? If it has another name there, say so in .mask_token.");
    CHECK(WordPiece::load(path, {.mask_token = "a"}).mask_id() == 4);
    CHECK(load("[PAD]\n[UNK]\n[PAD]\n") ==
          path + ":3: token \"[PAD]\" stands on line 1 already. Each may be there once.");
    CHECK(load("[PAD]\n\n") == path + ":2: the line is empty. Each line holds one token.");
    CHECK(load("").find("is not among the 0 tokens") != std::string::npos);
    std::filesystem::remove(path);
    CHECK(complaint([&] { WordPiece::load(path); }).find("cannot be opened") != std::string::npos);
}

TEST_CASE("BERT's own vocabulary") {
    char const* const shared = std::getenv("LAMINA_SHARED");
    std::string const path = std::string(shared ? shared : "") + "/data/text/bert-vocab/vocab.txt";
    if (!shared || !std::filesystem::exists(path))
        return testing::skip("LAMINA_SHARED names no folder with BERT's vocabulary");
    auto const bert = WordPiece::load(path);
    CHECK(bert.size() == 30522);
    CHECK(bert.encode("hello world").token_ids == Ids{101, 7592, 2088, 102});
    CHECK(bert.encode("Hello, y'all! How are you?").token_ids ==
          Ids{101, 7592, 1010, 1061, 1005, 2035, 999, 2129, 2024, 2017, 1029, 102});
    CHECK(bert.tokenize("unaffable") == Strings{"una", "##ffa", "##ble"});
    CHECK(bert.tokenize("H\xc3\xa9llo, [MASK]!") == Strings{"hello", ",", "[MASK]", "!"});
    CHECK(bert.pad_id() == 0);
    CHECK(bert.decode(bert.encode("I don't know, do you?").token_ids, false) ==
          "i don't know, do you?");
}

TEST_CASE("A tokenizer comes back from its JSON as it was") {
    auto const same = [](WordPiece const& a, WordPiece const& b) {
        CHECK(a.size() == b.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
            auto const id = static_cast<std::int32_t>(i);
            CHECK(a.vocabulary().token(id) == b.vocabulary().token(id));
        }
        CHECK(a.to_json() == b.to_json());
        for (char const* text : {"UNwant\xc3\xa9"
                                 "d, running [MASK] \xe4\xb8\xad!",
                                 "caf\xc3\xa9 CAF\xc3\x89 [CLS] lowest"})
            CHECK(a.encode(text, {.max_length = 9, .padding = true}).token_ids ==
                  b.encode(text, {.max_length = 9, .padding = true}).token_ids);
    };
    auto const bert = small();
    same(bert, WordPiece::from_json(bert.to_json()));
    WordPieceOptions const options{.lower = false,
                                   .strip_accents = true,
                                   .max_input_chars_per_word = 7,
                                   .unk_token = "<unk>",
                                   .pad_token = "<pad>",
                                   .cls_token = "<s>",
                                   .sep_token = "</s>",
                                   .mask_token = "<mask>"};
    auto const own = WordPiece::train({"low lower lowest newer wider \"quoted\" \xc3\xa9t\xc3\xa9"},
                                      {.vocabulary_size = 60, .min_frequency = 1}, options);
    auto const back = WordPiece::from_json(own.to_json());
    same(own, back);
    CHECK(!back.options().lower);
    CHECK(back.options().strip_accents == true);
    CHECK(back.options().max_input_chars_per_word == 7);
    CHECK(back.options().mask_token == "<mask>");
    CHECK(back.cls_id() == own.cls_id());
}

TEST_CASE("A tokenizer.json of HuggingFace, with what it leaves open") {
    std::string const head = R"({"version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [{"id": 4, "special": true, "content": "[MASK]", "single_word": false}],
        "normalizer": )",
                      normalizer = R"({"type": "BertNormalizer", "clean_text": true,
        "handle_chinese_chars": true, "strip_accents": null, "lowercase": true})",
                      rest = R"(, "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]",
        "type_id": 0}}], "special_tokens": {}}, "decoder": {"type": "WordPiece"}, "model": {
        "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100, "vocab": )",
                      vocabulary = R"({"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 5,
        "##b": 6, "[MASK]": 4})";
    auto const bert = WordPiece::from_json(head + normalizer + rest + vocabulary + "}}");
    CHECK(bert.encode("AB c").token_ids == Ids{2, 5, 6, 1, 3});
    // further special tokens are found in texts too, and stay
    std::string const second = R"({"id": 7, "special": true, "content": "<e1>"}, )";
    std::string more = head;
    more.insert(more.find("{\"id\""), second);
    auto const marked = WordPiece::from_json(more + normalizer + rest + vocabulary + "}}");
    for (auto const& each : {marked, WordPiece::from_json(marked.to_json())}) {
        CHECK(each.encode("ab<e1>AB").token_ids == Ids{2, 5, 6, 7, 5, 6, 3});
        CHECK(each.mask_id() == 4);
        CHECK(each.decode(Ids{5, 6, 7}, false) == "ab");
    }
    auto const bad = [&](std::string const& text) {
        return complaint([&] { WordPiece::from_json(text); });
    };
    CHECK(bad(head + "null" + rest + vocabulary + "}}")
              .find("no normalizer of the type BertNormalizer") != std::string::npos);
    CHECK(bad(head + R"({"type": "NFC"})" + rest + vocabulary + "}}").find("BertNormalizer") !=
          std::string::npos);
    CHECK(bad(head + normalizer + rest + R"({"a": 0, "b": 2})" + "}}")
              .find("without a gap") != std::string::npos);
    CHECK(bad(head + normalizer + rest + R"({"a": 0})" + "}}")
              .find("the added token \"[MASK]\" has the id 4, and in the vocabulary it is 1") !=
          std::string::npos);
    CHECK(bad("{}").find("this is no tokenizer.json of BERT's") != std::string::npos);
    CHECK(bad("[").find("WordPiece::from_json: this is not the JSON") != std::string::npos);
}
