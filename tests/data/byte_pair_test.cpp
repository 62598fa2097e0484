// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/byte_pair.hpp>

#include <lamina/core/error.hpp>
#include <lamina/data/file.hpp>
#include <lamina/data/json_writer.hpp>

#include <doctest/doctest.h>

#include "support/complaint.hpp"
#include "support/skip.hpp"

#include <chrono>
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

/// A folder that goes with the test.
struct Folder {
    std::string path = (std::filesystem::temp_directory_path() / "lamina_byte_pair").string();
    Folder() { std::filesystem::create_directory(path); }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    std::string put(char const* name, std::string_view text) const {
        detail::write_file(path + "/" + name, text);
        return path + "/" + name;
    }
};

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> out;
    detail::WordScanner const scanner(text);
    for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
        end = scanner.next(at);
        out.emplace_back(text.substr(at, end - at));
    }
    return out;
}

/// A vocabulary of the 256 bytes, numbered as they are, and these tokens behind them.
std::string vocabulary(std::vector<std::string> const& tokens, int leave_out = -1) {
    detail::JsonWriter json;
    json.object();
    for (unsigned b = 0; b < 256; ++b) {
        std::string spelled;
        detail::append_utf8(spelled, detail::spelled_byte(b));
        json.member(int(b) == leave_out ? "left out" : spelled, b);
    }
    for (std::size_t i = 0; i < tokens.size(); ++i) json.member(tokens[i], 256 + i);
    json.end();
    return json.text();
}

std::string every_byte() {
    std::string bytes;
    for (int repeat = 0; repeat < 3; ++repeat)
        for (int b = 0; b < 256; ++b) bytes += char(b * (2 * repeat + 1));
    return bytes;
}

} // namespace

TEST_CASE("GPT-2's words") {
    using Words = std::vector<std::string>;
    CHECK(words("Hello world, it's 2024!") ==
          Words{"Hello", " world", ",", " it", "'s", " 2024", "!"});
    CHECK(words("we'll 'RE don't''d") == Words{"we", "'ll", " '", "RE", " don", "'t", "''", "d"});
    CHECK(words("a  b\n\n c \t") == Words{"a", " ", " b", "\n\n", " c", " \t"});
    CHECK(words(" \n x") == Words{" \n", " x"});
    CHECK(words("\n\nx") == Words{"\n", "\n", "x"});
    CHECK(words("\xc3\xa9t\xc3\xa9"
                "1\xc2\xbd\xe2\x82\xac\xff!") ==
          Words{"\xc3\xa9t\xc3\xa9", "1\xc2\xbd", "\xe2\x82\xac\xff!"});
    CHECK(words("\xc2\xa0\xe2\x80\xa8x") == Words{"\xc2\xa0", "\xe2\x80\xa8", "x"});
    CHECK(words("").empty());
}

TEST_CASE("How bytes are spelled") {
    CHECK(detail::spelled_byte('a') == U'a');
    CHECK(detail::spelled_byte(' ') == 0x120);
    CHECK(detail::spelled_byte(0) == 0x100);
    CHECK(detail::spelled_byte('\n') == 0x10a);
    CHECK(detail::spelled_byte(0xad) == 0x143);
    CHECK(detail::spelled_byte(0xff) == 0xff);
}

TEST_CASE("Merges go by rank, all of one rank from front to back") {
    Folder const folder;
    std::string const v = folder.put("v.json", vocabulary({"ab", "abc", "bc", "aa", "<end>"}));
    std::string const m = folder.put("m.txt", "#version: 0.2\r\nb c\r\na b\r\nab c\r\na a\r\n");
    auto const p = BytePair::load(v, m, {.special_tokens = {"<end>"}});
    CHECK(p.size() == 261);
    CHECK(p.merges() == 4);
    CHECK(p.encode("abc") == Ids{'a', 258}); // b c came first
    CHECK(p.encode("ab abab") == Ids{256, ' ', 256, 256});
    CHECK(p.encode("aaaaa") == Ids{259, 259, 'a'});
    CHECK(p.encode("").empty());
    CHECK(p.encode("ab<end>ab<en") == Ids{256, 260, 256, '<', 'e', 'n'});
    CHECK(p.encode("<end>", false) == Ids{'<', 'e', 'n', 'd', '>'});
    CHECK(p.decode(Ids{256, 260, ' '}) == "ab<end> ");
    CHECK(p.decode(Ids{256, 260, ' '}, false) == "ab ");
    CHECK(p.encode_batch({"ab", "", "ab a"}) == std::vector<Ids>{{256}, {}, {256, ' ', 'a'}});
    CHECK(complaint([&] { p.decode(Ids{261}); }) ==
          "BytePair::decode: there is no token 261: the vocabulary has 261 tokens.");
    CHECK(complaint([&] { p.decode(Ids{-1}); }) != "");
}

TEST_CASE("Merges that come of a rank count only when the rank is done") {
    // "xyc" comes of a late merge, but what it begins with comes of an early one: GPT-2's own order
    // merges both "xy c" before the first "xyc xy" has its turn.
    Folder const folder;
    std::string const v = folder.put("v.json", vocabulary({"xy", "xyc", "xycxy"}));
    std::string const m = folder.put("m.txt", "x y\nxyc xy\nxy c\n");
    auto const p = BytePair::load(v, m, {.special_tokens = {}});
    CHECK(p.encode("xycxyc") == Ids{257, 257});
}

TEST_CASE("Any bytes come back, from learnt merges too") {
    std::vector<std::string> const texts{"low low low low low lower lower newest newest newest",
                                         "newest newest newest widest widest widest"};
    auto const p = BytePair::train(texts, {.vocabulary_size = 264});
    CHECK(p.size() == 264);
    // "es" and "st" come nine times, and "e" has the lower number; then "es t". Of those that come
    // seven times, "l o" and "o w", the one with the lower first number; then "lo w".
    CHECK(p.vocabulary().token(256) == "es");
    CHECK(p.vocabulary().token(257) == "est");
    CHECK(p.vocabulary().token(258) == "lo");
    CHECK(p.vocabulary().token(259) == "low");
    CHECK(p.vocabulary().token(263) == "<|endoftext|>");
    for (std::string const& text : texts) CHECK(p.decode(p.encode(text)) == text);
    CHECK(p.decode(p.encode(every_byte())) == every_byte());
    CHECK(p.encode("low<|endoftext|>").back() == 263);
    CHECK(p.encode("lowest") == Ids{259, 257});

    Folder const folder;
    p.save(folder.path + "/vocab.json", folder.path + "/merges.txt");
    auto const again = BytePair::load(folder.path + "/vocab.json", folder.path + "/merges.txt");
    CHECK(again.encode_batch(texts) == p.encode_batch(texts));
    CHECK(again.size() == p.size());

    auto const few = BytePair::train({"ab cd ef"}, {.special_tokens = {}}); // no pair comes twice
    CHECK(few.size() == 256);
    CHECK(few.encode("!") == Ids{0}); // GPT-2's order of the bytes
    CHECK(few.encode(" ") == Ids{220});
    auto const long_word = BytePair::train({std::string(100000, 'a')}, {.vocabulary_size = 265});
    CHECK(long_word.encode(std::string(100000, 'a')).size() < 2000);
    CHECK(long_word.decode(long_word.encode(std::string(99999, 'a'))) == std::string(99999, 'a'));
}

TEST_CASE("Files that do not fit are refused") {
    Folder const folder;
    std::string const good = folder.put("v.json", vocabulary({"ab", "<|endoftext|>"}));
    auto const merges = [&](std::string_view text) {
        std::string const m = folder.put("m.txt", text);
        return complaint([&] { BytePair::load(good, m); });
    };
    auto const tokens = [&](std::string_view text) {
        std::string const m = folder.put("m.txt", "a b\n"), v = folder.put("bad.json", text);
        return complaint([&] { BytePair::load(v, m); });
    };
    CHECK(merges("a b\n") == "");
    CHECK(merges("a b\n\na\n").find("m.txt:3: \"a\" is no merge") != std::string::npos);
    CHECK(merges("a b c\n").find("is no merge") != std::string::npos);
    CHECK(merges("a b\na c\n").find("m.txt:2: the vocabulary lacks \"ac\"") != std::string::npos);
    CHECK(merges("ax b\n").find("lacks \"ax\"") != std::string::npos);
    CHECK(merges("a b\na b\n").find("m.txt:2: the merge \"a b\" is there twice") !=
          std::string::npos);
    CHECK(complaint([&] {
              BytePair::load(good, folder.path + "/none");
          }).find("cannot be opened") != std::string::npos);
    CHECK(complaint([&] { BytePair::load(good, good); }).find("is no merge") != std::string::npos);

    CHECK(tokens(vocabulary({"ab"}))
              .find("the special token \"<|endoftext|>\" is not among the "
                    "257 tokens") != std::string::npos);
    CHECK(tokens(vocabulary({"ab"}, 65)).find("there is no token \"A\" for the byte 65") !=
          std::string::npos);
    CHECK(tokens("").find("there should be") != std::string::npos);
    CHECK(tokens(R"({"a": 0, "b": 0})").find("another token's") != std::string::npos);
    CHECK(tokens(R"({"a": 0, "a": 1})").find("\"a\" is there twice") != std::string::npos);
    CHECK(tokens(R"({"a": 0, "b": 2})").find("without a gap") != std::string::npos);
    CHECK(tokens(R"({"a": 4000000000})").find("out of range") != std::string::npos);
    CHECK(tokens(R"({"a": -1})").find("out of range") != std::string::npos);
    CHECK(tokens(R"({"a": "b"})").find("a whole number") != std::string::npos);

    CHECK(complaint([] { BytePair::train({"a"}, {.vocabulary_size = 256}); }) ==
          "BytePair::train: vocabulary_size is 256. The 256 bytes and the special tokens alone are "
          "257.");
    CHECK(complaint([] { BytePair::train({}); }) == "BytePair::train: there are no words in the "
                                                    "texts.");
    CHECK(complaint([] { BytePair::train({"a"}, {.special_tokens = {"b"}}); }) ==
          "BytePair::train: the special token \"b\" is what spells a byte. Take a longer one.");
}

TEST_CASE("GPT-2's own vocabulary") {
    char const* const shared = std::getenv("LAMINA_SHARED");
    std::string const texts = std::string(shared ? shared : "") + "/data/text/";
    if (!shared || !std::filesystem::exists(texts + "gpt2-bpe/encoder.json"))
        return testing::skip("LAMINA_SHARED names no folder with GPT-2's vocabulary");
    auto const gpt2 = BytePair::load(texts + "gpt2-bpe/encoder.json", texts + "gpt2-bpe/vocab.bpe");
    CHECK(gpt2.size() == 50257);
    CHECK(gpt2.encode("Hello world") == Ids{15496, 995});
    CHECK(gpt2.encode(" Hello") == Ids{18435});
    CHECK(gpt2.encode("<|endoftext|>") == Ids{50256});
    CHECK(gpt2.decode(Ids{15496, 995}) == "Hello world");
    // Karpathy's nanoGPT, data/shakespeare: 301,966 tokens to train and 36,059 to validate
    detail::FileText const shakespeare(texts + "tinyshakespeare/input.txt");
    std::size_t const cut = std::size_t(double(shakespeare.size) * 0.9);
    Ids const train = gpt2.encode(shakespeare.view().substr(0, cut));
    Ids const validate = gpt2.encode(shakespeare.view().substr(cut));
    CHECK(train.size() == 301966);
    CHECK(validate.size() == 36059);
    CHECK(gpt2.decode(train) == shakespeare.view().substr(0, cut));
    CHECK(gpt2.decode(gpt2.encode(every_byte())) == every_byte());
}

TEST_CASE("Byte pairs come back from their JSON as they were") {
    auto const own = BytePair::train({"low lower lowest newer wider \"quoted\" \xc3\xa9t\xc3\xa9"},
                                     {.vocabulary_size = 280,
                                      .min_frequency = 1,
                                      .special_tokens = {"<|endoftext|>", "<|pad|>"}});
    std::string const json = own.to_json();
    auto const back = BytePair::from_json(json);
    CHECK(back.to_json() == json);
    CHECK(back.merges() == own.merges());
    for (char const* text : {"the lowest, widest\n\xff\xfe", "<|pad|>low<|endoftext|>"}) {
        CHECK(back.encode(text) == own.encode(text));
        CHECK(back.decode(back.encode(text)) == text);
        CHECK(back.encode(text, false) == own.encode(text, false));
    }
    // newer files write each merge as a list
    std::string lists = json;
    std::size_t const from = lists.find("\"merges\": [") + 11;
    for (std::size_t at = from; (at = lists.find('"', at)) != lists.npos;) {
        std::size_t const end = lists.find("\", ", at) == lists.npos ? lists.find("\"]", at)
                                                                     : lists.find("\", ", at);
        std::string line = lists.substr(at, end + 1 - at);
        line.replace(line.find(' '), 1, "\", \"");
        lists.replace(at, end + 1 - at, "[" + line + "]");
        at += line.size() + 2;
    }
    CHECK(lists != json);
    CHECK(BytePair::from_json(lists).to_json() == json);
    auto const changed = [&](std::string const& what, std::string const& into) {
        std::string text = json;
        text.replace(text.find(what), what.size(), into);
        return complaint([&] { BytePair::from_json(text); });
    };
    CHECK(changed("\"normalizer\": null", "\"normalizer\": {\"type\": \"NFC\"}")
              .find("a normalizer is not supported") != std::string::npos);
    CHECK(changed("\"add_prefix_space\": false", "\"add_prefix_space\": true")
              .find("there should be false") != std::string::npos);
    CHECK(changed("\"type\": \"BPE\"", "\"type\": \"Unigram\"").find("BPE") != std::string::npos);
    CHECK(changed("\"id\": ", "\"id\": 9").find("the added token") != std::string::npos);
    CHECK(changed("\"single_word\": false", "\"single_word\": true")
              .find("there should be false: other rules are not supported") != std::string::npos);
    CHECK(complaint([] { BytePair::from_json("{}"); })
              .find("it has no model of the type BPE") != std::string::npos);
}

TEST_CASE("A special token may take in the white space beside it, as RoBERTa's mask does") {
    auto const plain =
        BytePair::train({"a b"}, {.vocabulary_size = 260, .special_tokens = {"<mask>", "<s>"}});
    std::string json = plain.to_json();
    auto const with = [&](std::string const& side) {
        std::string const mask = "\"content\": \"<mask>\"", off = "\"" + side + "\": false";
        std::size_t const at = json.find(off, json.find(mask));
        std::string text = json;
        return BytePair::from_json(text.replace(at, off.size(), "\"" + side + "\": true"));
    };
    auto const left = with("lstrip"), right = with("rstrip");
    std::int32_t const mask = 256, start = 257;
    auto const spaces = [&](std::string_view text) { return plain.encode(text, false); };
    auto const joined = [](std::vector<Ids> const& parts) {
        Ids all;
        for (Ids const& part : parts) all.insert(all.end(), part.begin(), part.end());
        return all;
    };
    std::string const text = "a \xe2\x80\x83<mask> \tb <s> a"; // U+2003 is white space too
    CHECK(plain.encode(text) ==
          joined({spaces("a \xe2\x80\x83"), {mask}, spaces(" \tb "), {start}, spaces(" a")}));
    CHECK(left.encode(text) ==
          joined({spaces("a"), {mask}, spaces(" \tb "), {start}, spaces(" a")}));
    CHECK(right.encode(text) ==
          joined({spaces("a \xe2\x80\x83"), {mask}, spaces("b "), {start}, spaces(" a")}));
    CHECK(left.encode(" \xa0<mask>") ==
          joined({spaces(" \xa0"), {mask}})); // a byte of no character
    CHECK(left.encode(" <mask>  <mask>") == Ids{mask, mask});
    CHECK(right.encode("<mask> ") == Ids{mask});
    for (auto const& each : {left, right})
        CHECK(BytePair::from_json(each.to_json()).to_json() == each.to_json());
}

TEST_CASE("Thousands of special tokens are read in their own time") {
    std::vector<std::string> special;
    for (int i = 0; i < 20'000; ++i) special.push_back("<" + std::to_string(i) + ">");
    auto const many =
        BytePair::train({"a b"}, {.vocabulary_size = 20'256, .special_tokens = special});
    auto const before = std::chrono::steady_clock::now();
    auto const back = BytePair::from_json(many.to_json());
    CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(5)); // was a minute
    CHECK(back.encode("<19999><1>") == Ids{20'255, 257});
    CHECK(back.decode(Ids{20'255, 257}, false) == "");
}
