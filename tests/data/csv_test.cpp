// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/csv.hpp>

#include <doctest/doctest.h>

#include "support/skip.hpp"

#include <bit>
#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <locale>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using namespace lamina;
using namespace std::string_view_literals;

namespace {

/// What reading, and then using every column as numbers, throws; empty if it throws nothing.
std::string complaint(std::string_view text, CsvOptions const& options = {}) {
    try {
        Table const table = read_csv_text(text, options, "x.csv");
        for (std::string const& name : table.names()) (void)table.numbers(name);
    } catch (Error const& error) {
        return error.what();
    }
    return "";
}

/// A table as text: columns, then rows; gaps are _, texts in quotes.
std::string shown(Table const& table) {
    std::string out;
    for (std::string const& name : table.names()) out += "[" + name + "]";
    for (std::size_t row = 0; row < table.rows(); ++row) {
        out += " |";
        for (std::size_t c = 0; c < table.columns(); ++c) {
            Column const& column = table.column(c);
            out += ' ';
            if (column.missing(row)) out += '_';
            else if (column.is_text()) out.append("'").append(column.texts()[row]).append("'");
            else detail::append_number(out, column.numbers()[row]);
        }
    }
    return out;
}

std::string shown(std::string_view text, CsvOptions const& options = {}) {
    return shown(read_csv_text(text, options));
}

struct TemporaryFile {
    std::string path = "lamina_csv_test." + std::to_string(::getpid());
    explicit TemporaryFile(std::string_view text) {
        std::FILE* const file = std::fopen(path.c_str(), "wb");
        REQUIRE(file);
        std::fwrite(text.data(), 1, text.size(), file);
        std::fclose(file);
    }
    ~TemporaryFile() { std::remove(path.c_str()); }
};

/// Restores the locales when it goes.
struct Locales {
    std::string c = std::setlocale(LC_ALL, nullptr);
    std::locale cpp;
    ~Locales() {
        std::locale::global(cpp);
        std::setlocale(LC_ALL, c.c_str());
    }
};

struct CommaPoint : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
};

} // namespace

TEST_CASE("RFC 4180: cells, quotes and line ends") {
    CHECK(shown("a,b\n1,2\n3,4\n") == "[a][b] | 1 2 | 3 4");
    CHECK(shown("a,b\r\n1,2\r\n3,4\r\n") == "[a][b] | 1 2 | 3 4");
    CHECK(shown("a,b\n1,2\n3,4") == "[a][b] | 1 2 | 3 4");
    CHECK(shown("a,b\r\n1,2\r\n3,4") == "[a][b] | 1 2 | 3 4");
    CHECK(shown("\xef\xbb\xbf"
                "a,b\n1,2\n") == "[a][b] | 1 2");
    CHECK(shown("a,b\n\"x,y\",1\n") == "[a][b] | 'x,y' 1");
    CHECK(shown("a,b\n\"x\ny\",1\n") == "[a][b] | 'x\ny' 1");
    CHECK(shown("a,b\n\"x\r\ny\",1\n") == "[a][b] | 'x\r\ny' 1");
    CHECK(shown("a,b\n\"say \"\"hi\"\"\",1\n") == "[a][b] | 'say \"hi\"' 1");
    CHECK(shown("a,b\n\"\"\"\",1\n") == "[a][b] | '\"' 1");
    CHECK(shown("\"a,1\",\"b \"\"2\"\"\"\n1,2\n") == "[a,1][b \"2\"] | 1 2");
    CHECK(shown("a,b\n\"1\",\"2.5\"\n") == "[a][b] | 1 2.5");
    CHECK(shown("a\n1\n2") == "[a] | 1 | 2");
    CHECK(shown("a,b\n") == "[a][b]");
    CHECK(shown("a,b") == "[a][b]");
    CHECK(shown("a,b\n1,") == "[a][b] | 1 _");
    CHECK(shown("a,b\n,\n") == "[a][b] | _ _");
    CHECK(shown("\n\r\na,b\n\n1,2\r\n\r\n3,4\n\n") == "[a][b] | 1 2 | 3 4");
    CHECK(shown("a,b\nx y , z\n") == "[a][b] | 'x y ' ' z'");
    CHECK(shown("a,b\nx y , z\n\" q \",r\n", {.trim = true}) == "[a][b] | 'x y' 'z' | ' q ' 'r'");
    CHECK(shown("a\n\"x\"") == "[a] | 'x'");
    CHECK(shown("a\nß\n") == "[a] | 'ß'");
}

TEST_CASE("Separators, quotes, headers, names") {
    CHECK(shown("a;b\n1;2\n", {.separator = ';'}) == "[a][b] | 1 2");
    CHECK(shown("a\tb\n1\t 2\n", {.separator = '\t'}) == "[a][b] | 1 2");
    CHECK(shown("a b\n1 2\n", {.separator = ' '}) == "[a][b] | 1 2");
    CHECK(shown("a,b\n'x,y',1\n", {.quote = '\''}) == "[a][b] | 'x,y' 1");
    CHECK(shown("a,b\n5\" pipe,1\n", {.quote = '\0'}) == "[a][b] | '5\" pipe' 1");
    CHECK(shown("1,x\n2,y\n", {.header = false}) == "[column1][column2] | 1 'x' | 2 'y'");
    CHECK(shown("1,x\n", {.header = false, .names = {"n", "t"}}) == "[n][t] | 1 'x'");
    CHECK(shown("a,b\n1,2\n", {.names = {"n", "t"}}) == "[n][t] | 1 2");
    CHECK(shown(",b\n1,2\n") == "[column1][b] | 1 2"); // as R and pandas write row names
    CHECK(shown(" a , b\n1,2\n") == "[a][b] | 1 2");
    CHECK(shown("0,1,2\n5,6,7\n") == "[0][1][2] | 5 6 7");
    CHECK(read_csv_text("a,b\n", {}).rows() == 0);
}

TEST_CASE("A column is numbers if every cell is one, otherwise text") {
    CHECK(shown("n\n1\n-2.5\n+.5\n5.\n1e3\n1E-2\n 7 \n-0\n") ==
          "[n] | 1 | -2.5 | 0.5 | 5 | 1000 | 0.01 | 7 | -0");
    CHECK(shown("n\n007\n1.50\n") == "[n] | 7 | 1.5");
    CHECK(shown("n\n007\n1.50\n", {.texts = "n"}) == "[n] | '007' | '1.50'");
    // What was read as numbers first comes back as it was written.
    CHECK(shown("n\n007\n1.50\nx\n") == "[n] | '007' | '1.50' | 'x'");
    for (char const* word : {"nan", "NaN",   "inf", "-inf",  "Infinity", "nan(1)", "0x10", "1e999",
                             "1,5", "1_000", "1e",  "1e+",   "e5",       ".",      "+",    "--1",
                             "+-1", "1 2",   "1d",  "1.2.3", "½",        "TRUE",   "12%"}) {
        CAPTURE(word);
        std::string const text = std::string("n\n\"") + word + "\"\n";
        Table const table = read_csv_text(text);
        CHECK(table["n"].is_text());
    }
    CHECK(shown("n\n1e-400\n-1e-400\n4.9e-324\n1e308\n") == "[n] | 0 | -0 | 5e-324 | 1e+308");
    CHECK(shown("n\n00000000000000000000000000000000000000001\n") == "[n] | 1");
    CHECK(shown("n\n0.1000000000000000055511151231257827021181583404541015625\n") == "[n] | 0.1");
    CHECK(shown("n\n0e999\n0.0e-999\n") == "[n] | 0 | 0");
    CHECK(shown("n\n100000000000000000000000000000000e-32\n") == "[n] | 1");
}

TEST_CASE("Gaps") {
    CHECK(shown("a,b\n,x\nNA,?\n?,\n1, NA \n") == "[a][b] | _ 'x' | _ _ | _ _ | 1 _");
    CHECK(shown("a,b\n\"\",x\n\"NA\",y\n") == "[a][b] | _ 'x' | _ 'y'");
    CHECK(shown("a,b\n   ,x\n") == "[a][b] | _ 'x'");
    CHECK(shown("a,b\n-999,x\n-999.0,none\n1,\n", {.gaps = {"-999", "none"}}) ==
          "[a][b] | _ 'x' | _ _ | 1 ''");
    CHECK(shown("a,b\nnan,x\n1,y\n", {.gaps = {"", "nan"}}) == "[a][b] | _ 'x' | 1 'y'");
    CHECK(shown("a\nNA\n", {.gaps = {}}) == "[a] | 'NA'");
    Table const table = read_csv_text("a,b\n,x\nNA,?\n?,\n1,NA\n");
    CHECK(table["a"].missing() == 3);
    CHECK(table["b"].missing() == 3);
    CHECK(table["a"].is_number());
    Table const gaps_alone = read_csv_text("a,b\n,1\n,2\n");
    CHECK(gaps_alone["a"].is_number());
}

TEST_CASE("A wrong cell, row or file is an error that says where") {
    struct Bad {
        std::string_view text;
        char const* message;
        CsvOptions options = {};
    };
    std::vector<Bad> const files = {
        // cells
        {"a,b\n1,2\n1,4x\n",
         "x.csv:3:2 (column \"b\"): \"4x\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n\"4,7\",2\n", "x.csv:3:1 (column \"a\"): \"4,7\" is not a number (expected "
                                  "e.g. 4.7; the decimal point is '.' in every locale)."},
        {"a;b\n1;2\n1;4,7\n",
         "x.csv:3:2 (column \"b\"): \"4,7\" is not a number (expected e.g. 4.7; the decimal point "
         "is '.' in every locale).",
         {.separator = ';'}},
        {"a,b\n1,2\n1,\"1,234.5\"\n",
         "x.csv:3:2 (column \"b\"): \"1,234.5\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,1e999\n",
         "x.csv:3:2 (column \"b\"): \"1e999\" is beyond the range of a double (1.8e308)."},
        {"a,b\n1,2\n1,-1.5E+400\n",
         "x.csv:3:2 (column \"b\"): \"-1.5E+400\" is beyond the range of a double (1.8e308)."},
        {"a,b\n1,2\n1,1e\n",
         "x.csv:3:2 (column \"b\"): \"1e\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,1e5.5\n",
         "x.csv:3:2 (column \"b\"): \"1e5.5\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,0x10\n",
         "x.csv:3:2 (column \"b\"): \"0x10\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,0x1p3\n",
         "x.csv:3:2 (column \"b\"): \"0x1p3\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,nan\n", "x.csv:3:2 (column \"b\"): \"nan\" is not a number. If it stands for "
                              "a gap, list it in .gaps."},
        {"a,b\n1,2\n1,-NaN\n", "x.csv:3:2 (column \"b\"): \"-NaN\" is not a number. If it stands "
                               "for a gap, list it in .gaps."},
        {"a,b\n1,2\n1,inf\n", "x.csv:3:2 (column \"b\"): \"inf\" is not a number. If it stands for "
                              "a gap, list it in .gaps."},
        {"a,b\n1,2\n1,-Infinity\n", "x.csv:3:2 (column \"b\"): \"-Infinity\" is not a number. If "
                                    "it stands for a gap, list it in .gaps."},
        {"a,b\n1,2\n1,N/A\n", "x.csv:3:2 (column \"b\"): \"N/A\" is not a number. If it stands for "
                              "a gap, list it in .gaps."},
        {"a,b\n1,2\n1,null\n", "x.csv:3:2 (column \"b\"): \"null\" is not a number. If it stands "
                               "for a gap, list it in .gaps."},
        {"a,b\n1,2\n1,None\n", "x.csv:3:2 (column \"b\"): \"None\" is not a number. If it stands "
                               "for a gap, list it in .gaps."},
        {"a,b\n1,2\n\"1,5e3\",2\n", "x.csv:3:1 (column \"a\"): \"1,5e3\" is not a number "
                                    "(expected e.g. 4.7; the decimal point is '.' in every "
                                    "locale)."},
        {"a,b\n1,2\n1,-\n", "x.csv:3:2 (column \"b\"): \"-\" is not a number. If it stands for a "
                            "gap, list it in .gaps."},
        {"a,b\n1,2\n1,?\n",
         "x.csv:3:2 (column \"b\"): \"?\" is not a number. If it stands for a gap, list it in "
         ".gaps.",
         {.gaps = {}}},
        {"a,b\n1,2\n1,\n",
         "x.csv:3:2 (column \"b\"): \"\" is not a number. An empty cell is a gap only where .gaps "
         "lists \"\".",
         {.gaps = {}}},
        {"a,b\n1,2\n1, \n",
         "x.csv:3:2 (column \"b\"): \" \" is not a number. An empty cell is a gap only where .gaps "
         "lists \"\".",
         {.gaps = {"NA"}}},
        {"a,b\n1,2\n3,4\na,b\n5,6\n", "x.csv:4:1 (column \"a\"): \"a\" is not a number but the "
                                      "column's name: is this the header a second time?"},
        {"a,b\n1,2\n1,1 000\n",
         "x.csv:3:2 (column \"b\"): \"1 000\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,1_000\n",
         "x.csv:3:2 (column \"b\"): \"1_000\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,$5\n",
         "x.csv:3:2 (column \"b\"): \"$5\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,5%\n",
         "x.csv:3:2 (column \"b\"): \"5%\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,1.5abc\n",
         "x.csv:3:2 (column \"b\"): \"1.5abc\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,++1\n",
         "x.csv:3:2 (column \"b\"): \"++1\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,1..2\n",
         "x.csv:3:2 (column \"b\"): \"1..2\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,.\n", "x.csv:3:2 (column \"b\"): \".\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,e5\n",
         "x.csv:3:2 (column \"b\"): \"e5\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,\xe2\x88\x92\x31\n",
         "x.csv:3:2 (column \"b\"): \"\xe2\x88\x92\x31\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,2\xc2\xa0\n",
         "x.csv:3:2 (column \"b\"): \"2\xc2\xa0\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,\"x\ny\"\n",
         "x.csv:3:2 (column \"b\"): \"x\\ny\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,\"x\"\"\t\x01\"\n",
         "x.csv:3:2 (column \"b\"): \"x\\\"\\t\\x01\" is not a number (expected e.g. 4.7)."},
        {"a,b\n1,2\n1,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
         "x.csv:3:2 (column \"b\"): \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\" is not a number "
         "(expected e.g. 4.7)."},
        {"a,b\n\"1\",2\n\n\n\"\n\",x\n",
         "x.csv:5:1 (column \"a\"): \"\\n\" is not a number (expected e.g. 4.7)."},
        {"a,b\r\n1,2\r\n1,x\r\n",
         "x.csv:3:2 (column \"b\"): \"x\" is not a number (expected e.g. 4.7)."},
        {"\xef\xbb\xbf"
         "a,b\n1,2\nx,2\n",
         "x.csv:3:1 (column \"a\"): \"x\" is not a number (expected e.g. 4.7)."},
        {"1,2\n1,x\n",
         "x.csv:2:2 (column \"column2\"): \"x\" is not a number (expected e.g. 4.7).",
         {.header = false}},
        {"a,b\nx,2\ny,2\n",
         "x.csv:2:1 (column \"a\"): \"x\" is text where a number is needed. Use map(\"a\", "
         "{{\"x\", 1}, ...}), encode(\"a\") or one_hot(\"a\"), or leave it out with drop(\"a\")."},
        {"a,b\nx,2\ny,2\n",
         "x.csv:2:1 (column \"a\"): \"x\" is not a number (expected e.g. 4.7).",
         {.numbers = "a"}},
        {"a,b\n1,2\n\"\"\"\",2\n",
         "x.csv:3:1 (column \"a\"): \"\\\"\" is not a number (expected e.g. 4.7).",
         {.numbers = "a"}},
        {"a,b\n1,2\n",
         "x.csv (column \"a\"): this was read as text. To have numbers leave it out of .texts.",
         {.texts = "a"}},
        // rows
        {"a,b,c\n1,2,3\n1,2\n", "x.csv:3: 2 values, but line 1 has 3 columns."},
        {"a,b,c\n1,2,3\n1,2,3,4\n", "x.csv:3: 4 values, but line 1 has 3 columns."},
        {"a,b\n1,2\n1,2,3\n1\n",
         "x.csv:3: 3 values, but line 1 has 2 columns."}, // as many values as there should be
        {"a,b\n1,2\n1\n", "x.csv:3: 1 value, but line 1 has 2 columns."},
        {"a\n1\n1,2\n", "x.csv:3: 2 values, but line 1 has 1 column."},
        {"a,b\n1,2,\n", "x.csv:2: 3 values, but line 1 has 2 columns."},
        {"\n\na,b\n1\n", "x.csv:4: 1 value, but line 3 has 2 columns."},
        {"1,2\n3\n", "x.csv:2: 1 value, but line 1 has 2 columns.", {.header = false}},
        {"a;b\n1;2\n1,2\n", "x.csv:3: 1 value, but line 1 has 2 columns.", {.separator = ';'}},
        {"a,b\n\"1\n2\n\",2\n3\n", "x.csv:5: 1 value, but line 1 has 2 columns."},
        {"a,b\n \n", "x.csv:2: 1 value, but line 1 has 2 columns."},
        // quotes, line ends, bytes
        {"a,b\n1,\"2\n3,4\n", "x.csv:2:2: the quote that opens this cell is never closed."},
        {"a,b\n1,\"", "x.csv:2:2: the quote that opens this cell is never closed."},
        {"a,b\n1,\"2\"\"\n", "x.csv:2:2: the quote that opens this cell is never closed."},
        {"\"a,b\n1,2\n", "x.csv:1: the quote that opens this cell is never closed."},
        {"a,b\n1,\"2\"x\n", "x.csv:2:2: text after the quote that closes the cell. Quotes within a "
                            "cell are written twice."},
        {"a,b\n1,\"2\" \n", "x.csv:2:2: text after the quote that closes the cell. Quotes within a "
                            "cell are written twice."},
        {"a,b\n1,x\"y\n",
         "x.csv:2:2: a quote within a cell that does not begin with one. Put the cell in quotes "
         "and write the quotes in it twice, or set .quote = '\\0'."},
        {"a,b\n1, \"y\"\n",
         "x.csv:2:2: a quote within a cell that does not begin with one. Put the cell in quotes "
         "and write the quotes in it twice, or set .quote = '\\0'."},
        {"a,b\n1,2\"\n", "x.csv:2:2: a quote within a cell that does not begin with one. Put the "
                         "cell in quotes and write the quotes in it twice, or set .quote = '\\0'."},
        {"a,b\r1,2\r",
         "x.csv:1: a carriage return without a line feed. End lines with LF or CR LF."},
        {"a,b\n1,2\r3,4\n",
         "x.csv:2: a carriage return without a line feed. End lines with LF or CR LF."},
        {"a,b\n1,2\r",
         "x.csv:2: a carriage return without a line feed. End lines with LF or CR LF."},
        {"a,b\n1,x\ry\n",
         "x.csv:2: a carriage return without a line feed. End lines with LF or CR LF."},
        {"a,b\n1,2\n1,\0\n"sv,
         "x.csv:3: a NUL byte. This is no text, or UTF-16; save it as UTF-8."},
        {"\0a,b\n"sv, "x.csv:1: a NUL byte. This is no text, or UTF-16; save it as UTF-8."},
        {"\xff\xfe"
         "a\0,\0"sv,
         "x.csv:1: the text is UTF-16. Save it as UTF-8."},
        {"\xfe\xff\0a\0,"sv, "x.csv:1: the text is UTF-16. Save it as UTF-8."},
        {"a\0,\0b\0\n\0"sv, "x.csv:1: a NUL byte. This is no text, or UTF-16; save it as UTF-8."},
        // the whole
        {"", "x.csv: the file is empty."},
        {"\n\r\n\n", "x.csv: the file is empty."},
        {"\xef\xbb\xbf", "x.csv: the file is empty."},
        {"a,b,a\n1,2,3\n", "x.csv:1:3: the name \"a\" is that of column 1 too. Give .names."},
        {"a,,column2\n1,2,3\n",
         "x.csv:1:3: the name \"column2\" is that of column 2 too. Give .names."},
        {"5.1,3.5\n4.9,3\n", "x.csv:1: the header holds only numbers, such as \"5.1\". If it is a "
                             "row like the others, set .header = false; if not, give .names."},
        {"a,b\n1,2\n", "x.csv:1: 2 columns, but .names has 1 name.", {.names = "a"}},
        {"a,b\n1,2\n", "x.csv: there is no column \"c\" to be read as numbers.", {.numbers = "c"}},
        {"a,b\n1,2\n",
         "x.csv: there is no column \"c\" to be read as text.",
         {.texts = {"a", "c"}}},
        {"a,b,c\n", "x.csv:1: 3 columns, more than .max_columns = 2.", {.max_columns = 2}},
        {"a,b\n",
         "x.csv: separator \"0\" and quote \"\\\"\" do not fit. They are two characters that no "
         "number holds, such as ',' or ';' or a tab and '\"'.",
         {.separator = '0'}},
        {"a,b\n",
         "x.csv: separator \",\" and quote \",\" do not fit. They are two characters that no "
         "number holds, such as ',' or ';' or a tab and '\"'.",
         {.quote = ','}},
        {"a,b\n",
         "x.csv: separator \"\\n\" and quote \"\\\"\" do not fit. They are two characters that no "
         "number holds, such as ',' or ';' or a tab and '\"'.",
         {.separator = '\n'}},
    };
    CHECK(files.size() >= 60);
    for (Bad const& bad : files) {
        CAPTURE(bad.text);
        CHECK(complaint(bad.text, bad.options) == bad.message);
    }
}

TEST_CASE("Files that are none") {
    auto const said = [](std::string const& path) -> std::string {
        try {
            read_csv(path);
        } catch (Error const& error) {
            CHECK(error.kind() == Error::Kind::file);
            return error.what();
        }
        return "";
    };
    CHECK(said("no/such/file.csv") ==
          "no/such/file.csv: cannot be opened: No such file or directory.");
    CHECK(said(".") == ".: is a folder, not a file.");
    CHECK(said("/dev/zero") == "/dev/zero: is a pipe or a device, not a file. Write what comes out "
                               "of it into one.");
    CHECK(said(std::string("a\0b", 3)).find("NUL byte") != std::string::npos);
    std::string const pipe = "lamina_csv_test_pipe." + std::to_string(::getpid());
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(said(pipe).find("a pipe or a device") != std::string::npos); // and does not wait
    std::remove(pipe.c_str());
    TemporaryFile const empty("");
    CHECK_THROWS_WITH_AS(read_csv(empty.path), (empty.path + ": the file is empty.").c_str(),
                         Error);
}

TEST_CASE("Lines are counted through quoted line ends, empty lines and steps") {
    Table const table = read_csv_text("a,b\n\"x\ny\",1\n\nz,2\nw,3\n", {}, "x.csv");
    CHECK(table.where(0, "a") == "x.csv:2:1 (column \"a\")");
    CHECK(table.where(1, "b") == "x.csv:5:2 (column \"b\")");
    CHECK(table.where(2, "b") == "x.csv:6:2 (column \"b\")");
    Table const moved = table.select({"b"}).filter("b", [](double b) { return b > 1; });
    CHECK(moved.where(0, "b") == "x.csv:5:2 (column \"b\")");
}

TEST_CASE("Written tables come back as they were") {
    Table const table =
        read_csv_text("n,\"t,\"\"1\"\"\"\n1.5,x\n,\"a\nb\"\n-1e-7,\"q\"\"q\"\n1e300,?\n");
    CHECK(to_csv_text(table) ==
          "n,\"t,\"\"1\"\"\"\n1.5,x\n,\"a\nb\"\n-1e-07,\"q\"\"q\"\n1e+300,\n");
    CHECK(shown(to_csv_text(table)) == shown(table));
    CHECK(to_csv_text(read_csv_text("a\n1\nNA\n")) ==
          "a\n1\n\"\"\n"); // an empty line would be no row
    CHECK(shown(to_csv_text(read_csv_text("a\n1\nNA\n"))) == "[a] | 1 | _");

    // a name that begins as a file with a mark does
    for (std::string_view const mark : {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"}) {
        Table const marked = read_csv_text("\n" + std::string(mark) + "n,t\n1,x\n");
        CHECK(shown(to_csv_text(marked)) == shown(marked));
    }
    // names with blanks around them, and texts where the reader drops blanks
    std::string const spaced = "\" n\",\"t\t\"\n1,\" x \"\n";
    CHECK(to_csv_text(read_csv_text(spaced, {.trim = true})) == spaced);
    for (char const separator : {'0', '.', '-', 'e', '"', '\n', '\0'})
        CHECK_THROWS_AS(to_csv_text(table, separator), Error);

    TemporaryFile const file("old");
    write_csv(table, file.path, ';');
    CHECK(shown(read_csv(file.path, {.separator = ';'})) == shown(table));
    CHECK_THROWS_WITH_AS(write_csv(table, "no/such/folder.csv"),
                         "no/such/folder.csv: cannot be saved: No such file or directory. No file "
                         "was left.",
                         Error);
    CHECK_THROWS_AS(write_csv(table, "/dev/full"), Error);
}

TEST_CASE("A million doubles and floats come back bit for bit") {
    Random const random{7};
    for (bool of_float : {false, true}) {
        std::vector<double> values;
        for (std::uint64_t i = 0; values.size() < 1'000'000; ++i) { // every exponent, denormals too
            double v = std::bit_cast<double>(random.bits(i));
            if (of_float) v = double(std::bit_cast<float>(std::uint32_t(random.bits(i))));
            if (i % 8 == 0) v = std::bit_cast<double>(random.bits(i) >> 12);
            if (i % 8 == 1) v = double(random.bits(i) % 100'000) / 1000;
            if (detail::is_finite(v)) values.push_back(v);
        }
        values[0] = std::numeric_limits<double>::max();
        values[1] = std::numeric_limits<double>::denorm_min();
        values[2] = -0.0;
        Table table;
        table = std::move(table).add("v", values);
        Table const back = read_csv_text(to_csv_text(table));
        REQUIRE(back.rows() == values.size());
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            wrong += std::bit_cast<std::uint64_t>(back["v"].numbers()[i]) !=
                     std::bit_cast<std::uint64_t>(values[i]);
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("Decimal text of every length gives the nearest double, as strtod does") {
    Random const random{11};
    std::size_t wrong = 0, tried = 0;
    for (std::uint64_t i = 0; i < 300'000; ++i) {
        std::string text = i % 2 ? "-" : "";
        std::size_t const before = random.below(10 * i, 24), after = random.below(10 * i + 1, 24);
        for (std::size_t k = 0; k < before; ++k) text += char('0' + random.below(1000 * i + k, 10));
        if (after || !before) text += '.';
        for (std::size_t k = 0; k < after + !before; ++k)
            text += char('0' + random.below(1000 * i + 100 + k, 10));
        if (i % 3 == 0) text += "e" + std::to_string(long(random.below(10 * i + 2, 700)) - 350);
        double const expected = std::strtod(text.c_str(), nullptr); // the C locale
        double value = 0;
        ++tried;
        bool const read = detail::parse_number(text, value);
        if (!detail::is_finite(expected)) wrong += read;
        else
            wrong += !read ||
                     std::bit_cast<std::uint64_t>(value) != std::bit_cast<std::uint64_t>(expected);
    }
    CHECK(tried == 300'000);
    CHECK(wrong == 0);
}

TEST_CASE("No locale changes a value or a written byte") {
    std::string_view const text = "a,b,c\n1.5,-2e3,x\n1234567.25,.5,\n";
    std::string const values = shown(text), written = to_csv_text(read_csv_text(text));
    std::string const error = complaint("a\n1\n\"4,7\"\n");
    auto const same = [&] {
        CHECK(shown(text) == values);
        CHECK(to_csv_text(read_csv_text(text)) == written);
        CHECK(complaint("a\n1\n\"4,7\"\n") == error);
        CHECK(read_csv_text(text).describe() ==
              "column  values  gaps     mean      std    min   median          max\n"
              "a            2     0   617284   872970    1.5   617284  1.23457e+06\n"
              "b            2     0  -999.75  1414.57  -2000  -999.75          0.5\n"
              "c            1     1     text\n");
    };
    Locales const restore;
    std::locale::global(std::locale(std::locale(), new CommaPoint));
    same();
    // A locale of our own where the machine has the sources of one but has not compiled it.
    std::string const folder = "lamina_csv_test_locale." + std::to_string(::getpid());
    std::string const make = "mkdir " + folder + " && localedef --no-archive -i de_DE -f UTF-8 " +
                             folder + "/de_DE.UTF-8 >/dev/null 2>&1";
    if (!std::setlocale(LC_ALL, "de_DE.UTF-8") && std::system(make.c_str()) == 0) {
        ::setenv("LOCPATH", folder.c_str(), 1);
    }
    bool found = false;
    for (char const* name : {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8"}) {
        if (!found && std::setlocale(LC_ALL, name)) {
            found = true;
            CHECK(std::strtod("1,5", nullptr) == 1.5);
            same();
        }
    }
    ::unsetenv("LOCPATH");
    CHECK(std::system(("rm -rf " + folder).c_str()) == 0);
    if (!found) testing::skip("no locale with a decimal comma is installed (C++'s was tried)");
}

TEST_CASE("Every truncation and every changed byte gives a table or an Error") {
    std::string const files[] = {
        "a,b,label\n1,2.5,x\n-3,4e-1,y\n5,,x\n",
        "\xef\xbb\xbfid;\"n;1\"\r\n1;\"x\ny\"\r\n\r\n22;\"q\"\"q\"\r\n?;NA",
        "\"a\"\n\"1\"\n\"\"\n\"99999999999999999999\"\n1e308\n-1e-320\n",
    };
    std::size_t read = 0, refused = 0;
    auto const attempt = [&](std::string const& text, CsvOptions const& options) {
        try {
            Table const table = read_csv_text(text, options);
            read += 1;
            std::size_t bytes = 0;
            for (std::size_t c = 0; c < table.columns(); ++c) {
                for (std::size_t row = 0; row < table.rows(); ++row) {
                    Column const& column = table.column(c);
                    bytes += column.is_text() ? column.texts()[row].size()
                                              : !detail::is_missing(column.numbers()[row]);
                }
            }
            CHECK(bytes <= text.size());
            // What was read is read again from what is written (a header of numbers is refused).
            std::string const written = to_csv_text(table, options.separator);
            CHECK(shown(read_csv_text(written, {.separator = options.separator,
                                                .names = table.names(),
                                                .gaps = {""}})) == shown(table));
        } catch (Error const& error) {
            ++refused;
            CHECK(error.what()[0] != '\0');
        }
    };
    for (std::string const& file : files) {
        CsvOptions const options{.separator = file.find(';') == file.npos ? ',' : ';',
                                 .gaps = {"", "NA", "?"}};
        for (std::size_t size = 0; size <= file.size(); ++size)
            attempt(file.substr(0, size), options);
        for (std::size_t i = 0; i < file.size(); ++i) {
            for (int change = 0; change < 10; ++change) {
                std::string text = file;
                text[i] = change < 8 ? char(text[i] ^ (1 << change)) : change == 8 ? '\0' : '\xff';
                attempt(text, options);
            }
        }
    }
    CHECK(read > 500);
    CHECK(refused > 100);
}

TEST_CASE("Memory: no more than the file, and 8 bytes for a cell") {
    // A header of many names and a row of many cells; the refusals come before anything is made.
    std::string wide(200'000, ',');
    CHECK(complaint(wide).find("200001 columns, more than .max_columns = 65536") !=
          std::string::npos);
    std::string names, row;
    for (int c = 0; c < 60'000; ++c) {
        names += "c" + std::to_string(c) + (c == 59'999 ? "\n" : ",");
        row += c == 59'999 ? "1\n" : "1,";
    }
    Table const table = read_csv_text(names + row + row);
    CHECK(table.columns() == 60'000);
    CHECK(table["c59999"].numbers()[1] == 1);
    // One long cell.
    Table const deep = read_csv_text("a\n\"" + std::string(1 << 24, 'x') + "\"\n");
    CHECK(deep.texts("a")[0].size() == std::size_t{1} << 24);
}
