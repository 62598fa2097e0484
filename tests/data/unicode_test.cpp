// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/unicode.hpp>

#include <lamina/data/utf8.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>

using namespace lamina;

using Points = std::initializer_list<char32_t>;

TEST_CASE("Code points go into UTF-8 and back, and nothing else does") {
    bool all = true;
    for (char32_t c = 0; c < 0x110000; ++c) {
        if (c >= 0xd800 && c < 0xe000) continue;
        std::string bytes;
        detail::append_utf8(bytes, c);
        detail::CodePoint const back = detail::decode_utf8(bytes, 0);
        all = all && back.valid && back.value == c && back.size == bytes.size();
    }
    CHECK(all);
    // overlong forms, surrogates, beyond U+10FFFF, cut off, bytes that never begin a character
    for (std::string_view const bad :
         {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
          "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xf0\x9f\x98",
          "\xc3", "\xc3\x28", "\xe2\x28\xa1", "\xe2\x82\x28", "\xf0\x9f\x28\x80", "\x80", "\xbf",
          "\xff"}) {
        detail::CodePoint const c = detail::decode_utf8(bad, 0);
        CHECK(!c.valid);
        CHECK(c.size == 1);
        CHECK(c.value == static_cast<unsigned char>(bad[0]));
    }
}

TEST_CASE("Lower case by Unicode's rules") {
    CHECK(unicode_lower("") == "");
    CHECK(unicode_lower("ABC xyz 1") == "abc xyz 1");
    CHECK(unicode_lower("\xc3\x84\xc3\x96 \xd0\x96") == "\xc3\xa4\xc3\xb6 \xd0\xb6");
    CHECK(unicode_lower("\xc4\xb0") == "i\xcc\x87");                // dotted I
    CHECK(unicode_lower("\xe1\xba\x9e") == "\xc3\x9f");             // capital sharp s
    CHECK(unicode_lower("\xe2\x84\xaa") == "k");                    // the Kelvin sign
    CHECK(unicode_lower("\xf0\x90\x90\x80") == "\xf0\x90\x90\xa8"); // Deseret
    CHECK(unicode_lower("A\xff\xc3"
                        "B\xe2\x82") == "a\xff\xc3"
                                        "b\xe2\x82");
    // A sigma is final behind a letter and not before one; points and accents between do not count.
    std::string const sigma = "\xce\xa3", inner = "\xcf\x83", last = "\xcf\x82";
    CHECK(unicode_lower(sigma) == inner);
    CHECK(unicode_lower("A" + sigma) == "a" + last);
    CHECK(unicode_lower("A" + sigma + "A") == "a" + inner + "a");
    CHECK(unicode_lower("A" + sigma + " A") == "a" + last + " a");
    CHECK(unicode_lower("A." + sigma + ".A" + sigma) == "a." + inner + ".a" + last);
    CHECK(unicode_lower("1" + sigma) == "1" + inner);
    CHECK(unicode_lower("A\xff" + sigma + "\xff") == "a\xff" + inner + "\xff");
    CHECK(unicode_lower("A" + sigma +
                        "\xff"
                        "A") == "a" + last +
                                    "\xff"
                                    "a");
}

TEST_CASE("Normal forms") {
    std::string const e = "\xc3\xa9", apart = "e\xcc\x81", fi = "\xef\xac\x81";
    CHECK(normalized(e, NormalForm::nfd) == apart);
    CHECK(normalized(apart, NormalForm::nfc) == e);
    CHECK(normalized(fi, NormalForm::nfc) == fi);
    CHECK(normalized(fi + e, NormalForm::nfkd) == "fi" + apart);
    CHECK(normalized(fi + apart, NormalForm::nfkc) == "fi" + e);
    CHECK(normalized("a\xcc\xa3\xcc\x82", NormalForm::nfc) == "\xe1\xba\xad");      // two accents
    CHECK(normalized("a\xcc\x82\xcc\xa3", NormalForm::nfd) == "a\xcc\xa3\xcc\x82"); // in order
    CHECK(normalized("\xea\xb0\x81", NormalForm::nfd) == "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8");
    CHECK(normalized("\xff" + e + "\xc3\xff" + e + "\xe2\x82", NormalForm::nfd) ==
          "\xff" + apart + "\xc3\xff" + apart + "\xe2\x82");
    CHECK(normalized("", NormalForm::nfc) == "");
    // U+FDFA becomes 18 characters: far more than it had bytes
    CHECK(normalized("\xef\xb7\xba\xef\xb7\xba\xef\xb7\xba", NormalForm::nfkd).size() == 3 * 33);
    CHECK(normalized(std::string_view("a\0b", 3), NormalForm::nfc) == std::string("a\0b", 3));
}

TEST_CASE("What characters are") {
    using namespace detail::unicode;
    CHECK((is_letter('z') && is_letter(0xe9) && is_letter(0x4e2d) && is_letter(0x2b0)));
    CHECK((!is_letter('1') && !is_letter('_') && !is_letter(0x2160) && !is_letter(0x300)));
    CHECK((is_number('7') && is_number(0xbd) && is_number(0x2167) && is_number(0x663)));
    CHECK((!is_number('a') && !is_number(0x4e00)));
    for (char32_t const c :
         Points{0x9, 0xd, 0x20, 0x85, 0xa0, 0x1680, 0x2003, 0x2028, 0x2029, 0x3000})
        CHECK(is_space(c));
    for (char32_t const c : Points{0x8, 0xe, 0x1c, 0x1f, 0x200b, 0xfeff, 0x180e})
        CHECK(!is_space(c));
    CHECK((is_punctuation('!') && is_punctuation(0x2014) && is_punctuation(0x3002)));
    CHECK((!is_punctuation('$') && !is_punctuation(0x20ac)));
    for (char32_t const c : Points{0x0, 0x7f, 0xad, 0x200b, 0xe000, 0x378, 0x10ffff})
        CHECK(is_control(c));
    CHECK((!is_control('a') && !is_control(' ')));
    CHECK((is_accent(0x301) && !is_accent('\'') && !is_accent(0x903)));
}
