// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/json_writer.hpp>

#include <doctest/doctest.h>

#include <clocale>
#include <cstdint>
#include <limits>
#include <string>

using lamina::detail::JsonWriter, lamina::detail::quote_ascii;

TEST_CASE("objects, lists and values") {
    JsonWriter json;
    json.object();
    json.member("name", "dense");
    json.member("units", std::size_t{64});
    json.member("flag", true);
    json.key("none");
    json.null();
    json.key("list");
    json.array();
    json.value(-1);
    json.array();
    json.end();
    json.object();
    json.end();
    json.raw("[1]");
    json.end();
    json.end();
    CHECK(json.text() == R"({"name": "dense", "units": 64, "flag": true, "none": null, )"
                         R"("list": [-1, [], {}, [1]]})");
}

TEST_CASE("text is escaped") {
    JsonWriter json;
    json.value("a\"b\\c\n\t\x01 caf\u00e9");
    CHECK(json.text() == "\"a\\\"b\\\\c\\u000a\\u0009\\u0001 caf\u00e9\"");
}

TEST_CASE("text in ASCII alone, as Python's json.dumps has it") {
    JsonWriter json(quote_ascii);
    json.value("a\"b\\c\n\x01\x7f caf\u00e9 \U0001f600 \xff");
    CHECK(json.text() == "\"a\\\"b\\\\c\\n\\u0001\x7f caf\\u00e9 \\ud83d\\ude00 \\udcff\"");
}

TEST_CASE("numbers are the shortest that read back, real ones with a point") {
    auto const text = [](auto v) {
        JsonWriter json;
        json.value(v);
        return json.text();
    };
    CHECK(text(0.1f) == "0.1");
    CHECK(text(0.1) == "0.1");
    CHECK(text(1.0) == "1.0");
    CHECK(text(0.0f) == "0.0");
    CHECK(text(1e-7) == "1e-07");
    CHECK(text(1e30) == "1e+30");
    CHECK(text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(text(std::numeric_limits<double>::quiet_NaN()) == "NaN");
    CHECK(text(-std::numeric_limits<float>::infinity()) == "-Infinity");
    if (std::setlocale(LC_ALL, "de_DE.UTF-8")) {
        CHECK(text(0.5) == "0.5");
        std::setlocale(LC_ALL, "C");
    }
}
