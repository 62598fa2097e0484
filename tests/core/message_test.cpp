// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/core/message.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

using namespace lamina;
using namespace lamina::detail;

TEST_CASE("pieces of a message stand one after another") {
    std::array<std::size_t, 2> const dims{100, 3};
    CHECK(message({"a", std::string("b"), 7u, -3, 0.25}) == "ab7-30.25");
    CHECK(message({Dims{dims}, Dims{{dims.data() + 1, 1}, "n"}, Dims{{dims.data(), 0}}}) ==
          "(100, 3)(n, 3)()");
    CHECK(message({Counted{0, "row"}, ", ", Counted{1, "row"}, ", ", Counted{2, "row"}}) ==
          "0 rows, 1 row, 2 rows");
    CHECK(message({}) == "");
}

TEST_CASE("numbers: all whole ones, and six digits of the others") {
    CHECK(message({std::numeric_limits<std::int64_t>::min()}) == "-9223372036854775808");
    CHECK(message({std::numeric_limits<std::uint64_t>::max()}) == "18446744073709551615");
    CHECK(message({2.0 / 3}) == "0.666667");
    CHECK(message({1e300}) == "1e+300");
}

TEST_CASE("a quoted text is on one line, and what is too long ends in dots") {
    CHECK(message({Quoted{"a\"b\\c\n\r\t\x01\x7f"}}) == "\"a\\\"b\\\\c\\n\\r\\t\\x01\\x7f\"");
    std::string const longest(40, 'x');
    CHECK(message({Quoted{longest}}) == '"' + longest + '"');
    CHECK(message({Quoted{longest + 'x'}}) == '"' + longest.substr(3) + "...\"");
    CHECK(message({Quoted{longest + 'x', 120}}) == '"' + longest + "x\"");
    // no character of UTF-8 is cut in two
    CHECK(message({Quoted{std::string(36, 'x') + "\u20ac and more"}}) ==
          '"' + std::string(36, 'x') + "...\"");
}

TEST_CASE("an error says where, what, and of which kind it is") {
    CHECK_THROWS_WITH_AS(fail(Error::Kind::file, {"x.csv", ":", 3}, {"is ", Quoted{"y"}, "."}),
                         "x.csv:3: is \"y\".", Error);
    try {
        refuse("fit", {"no."});
    } catch (Error const& e) {
        CHECK(e.kind() == Error::Kind::argument);
        CHECK(e.where() == "fit");
        return;
    }
    FAIL("refuse() came back");
}
