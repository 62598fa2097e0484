// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/table.hpp>

#include <lamina/data/csv.hpp>

#include <doctest/doctest.h>

#include "support/complaint.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace lamina;
using testing::complaint;

namespace {

constexpr std::string_view people = "name,sex,age,city,height,label\n"
                                    "ann,f,31,Bonn,1.7,yes\n"
                                    "bob,m,,Rome,1.8,no\n"
                                    "cy,m,25,,1.9,no\n"
                                    "di,f,40,Rome,,yes\n"
                                    "ed,m,25,Bonn,1.75,no\n";

Table table() { return read_csv_text(people, {}, "p.csv"); }

std::vector<double> numbers(Table const& t, std::string_view name) {
    auto const values = t.numbers(name);
    return {values.begin(), values.end()};
}

std::vector<std::string> texts(Table const& t, std::string_view name) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < t.rows(); ++i) {
        values.push_back(t[name].missing(i) ? "_" : std::string(t.texts(name)[i]));
    }
    return values;
}

Column column(Table const& t, std::string_view name) { return t[name]; }

using Strings = std::vector<std::string>;
using Doubles = std::vector<double>;

} // namespace

TEST_CASE("Columns are found by name") {
    Table const t = table();
    CHECK(t.rows() == 5);
    CHECK(t.columns() == 6);
    CHECK(t.names() == Strings{"name", "sex", "age", "city", "height", "label"});
    CHECK(t.contains("age"));
    CHECK(!t.contains("Age"));
    CHECK(t["age"].is_number());
    CHECK(t["city"].is_text());
    CHECK(t["age"].missing() == 1);
    CHECK(t["age"].missing(1));
    CHECK(complaint([&] { t.numbers("Age"); }) ==
          "p.csv: there is no column \"Age\" among its 6 columns: \"name\", \"sex\", \"age\", "
          "\"city\", \"height\", \"label\".");
    CHECK(complaint([&] { t.texts("age"); }) ==
          "p.csv (column \"age\"): this holds numbers, not text. To read it as text name it in "
          ".texts.");
}

TEST_CASE("Rows with gaps are dropped, in all or in some columns") {
    CHECK(texts(table().drop_missing(), "name") == Strings{"ann", "ed"});
    CHECK(texts(table().drop_missing("age"), "name") == Strings{"ann", "cy", "di", "ed"});
    CHECK(texts(table().drop_missing({"age", "city"}), "name") == Strings{"ann", "di", "ed"});
    Table const t = table();
    CHECK(t.drop_missing().rows() == 2); // of a table that is kept
    CHECK(t.rows() == 5);
    CHECK(t.drop_missing().where(1, "age") == "p.csv:6:3 (column \"age\")");
}

TEST_CASE("Gaps are filled") {
    CHECK(numbers(table().fill_missing("age", 7), "age") == Doubles{31, 7, 25, 40, 25});
    CHECK(numbers(table().fill_missing("age", Fill::mean), "age")[1] == 30.25);
    CHECK(numbers(table().fill_missing("age", Fill::median), "age")[1] == 28);
    CHECK(numbers(table().fill_missing("age", Fill::most_frequent), "age")[1] == 25);
    CHECK(texts(table().fill_missing("city", "Oslo"), "city")[2] == "Oslo");
    CHECK(texts(table().fill_missing("city", Fill::most_frequent), "city")[2] == "Bonn");
    Table const all = table().fill_missing(Fill::mean);
    CHECK(all["age"].missing() + all["height"].missing() == 0);
    CHECK(all["city"].missing() == 1);
    CHECK(table().fill_missing(Fill::most_frequent).drop_missing().rows() == 5);
    CHECK(complaint([] { table().fill_missing("city", 0); }).starts_with("p.csv:2:4"));
    CHECK(complaint([] { table().fill_missing("age", "x"); }) ==
          "p.csv (column \"age\"): this holds numbers; its gaps take a number, not a text.");
    CHECK(complaint([] { read_csv_text("a,b\n,1\n").fill_missing("a", Fill::mean); }) ==
          "text (column \"a\"): there is no value at all to fill its gaps from. Use drop(\"a\").");
    CHECK(texts(read_csv_text("a,b\n,1\n").fill_missing("a", "x"), "a") == Strings{"x"});
    // Of two the first counts: no gaps are left for the second.
    CHECK(numbers(table().fill_missing("age", 7).fill_missing(Fill::mean), "age")[1] == 7);
    // What was filled goes with its rows, and what is made of it knows nothing of it.
    CHECK(numbers(table().fill_missing("age", 7).take(std::vector<std::size_t>{4, 1}), "age") ==
          Doubles{25, 7});
    CHECK(numbers(table().fill_missing("age", 7).map("age", [](double v) { return 2 * v; }),
                  "age") == Doubles{62, 14, 50, 80, 50});
}

TEST_CASE("Columns are chosen, dropped, renamed, added") {
    CHECK(table().select({"label", "age"}).names() == Strings{"label", "age"});
    CHECK(table().drop({"name", "city"}).names() == Strings{"sex", "age", "height", "label"});
    CHECK(table().rename("sex", "gender").names()[1] == "gender");
    CHECK(table().rename({{"sex", "age"}, {"age", "sex"}}).names() ==
          Strings{"name", "age", "sex", "city", "height", "label"});
    CHECK(table().add("n", Doubles{1, 2, 3, 4, 5}).names().back() == "n");
    CHECK(texts(table().add("t", Strings{"a", "b", "c", "d", "e"}), "t")[4] == "e");
    Table const kept = table();
    CHECK(kept.select("age").columns() == 1);
    CHECK(kept.drop("age").columns() == 5);
    CHECK(kept.columns() == 6);
    CHECK(complaint([] { table().drop("x"); }).starts_with("p.csv: there is no column \"x\""));
    CHECK(complaint([] {
              table().select({"age", "age"});
          }) == "p.csv (column \"age\"): select names it twice. Name each column once.");
    CHECK(complaint([] { table().rename("sex", "age"); }) ==
          "p.csv (column \"sex\"): there is a column \"age\" already.");
    CHECK(complaint([] {
              table().rename({{"sex", "age"}});
          }) == "p.csv: two columns have the name \"age\". Names tell columns apart.");
    CHECK(complaint([] { table().add("n", Doubles{1}); }) ==
          "p.csv: column \"n\" has 1 row, column \"name\" has 5.");
}

TEST_CASE("Texts and numbers are mapped to numbers") {
    Table const t = table().map("label", {{"yes", 1}, {"no", 0}});
    CHECK(numbers(t, "label") == Doubles{1, 0, 0, 1, 0});
    CHECK(t["label"].classes() == Strings{"no", "yes"});
    CHECK(numbers(table().map("age", {{25, 0}, {31, 1}, {40, 2.5}}).drop_missing("age"), "age") ==
          Doubles{1, 0, 2.5, 0});
    CHECK(column(table().map("age", {{25, 0}, {31, 1}, {40, 2}}), "age").missing(1) == true);
    CHECK(numbers(read_csv_text("c\n2\n4\n").map("c", {{2, 0}, {4, 1}}), "c") == Doubles{0, 1});
    CHECK(numbers(table().map("name", [](std::string_view s) { return double(s.size()); }),
                  "name") == Doubles{3, 3, 2, 2, 2});
    CHECK(numbers(table().map("height", [](double h) { return 100 * h; }), "height")[1] == 180);
    CHECK(column(table().map("height", [](double h) { return h; }), "height").missing() == 1);
    CHECK(complaint([] {
              table().map("label", {{"yes", 1}, {"nein", 0}});
          }) ==
          "p.csv:3:6 (column \"label\"): \"no\" is not in the map, which has \"yes\", \"nein\".");
    CHECK(complaint([] {
              table().map("age", {{25, 0}});
          }) == "p.csv:2:3 (column \"age\"): the number 31 is not in the map, which has 25.");
    CHECK(complaint([] {
              table().map("age", {{"31", 0}});
          }) == "p.csv:2:3 (column \"age\"): the number 31 is not in the map, which has \"31\".");
    // Numbers that are no class numbers leave no classes.
    CHECK(column(table().map("label", {{"yes", 1}, {"no", -1}}), "label").classes().empty());
    CHECK(column(table().map("label", {{"yes", 2}, {"no", 1}}), "label").classes().empty());
    CHECK(column(table().map("label", {{"yes", 0.5}, {"no", 0}}), "label").classes().empty());
}

TEST_CASE("Categories become numbers or columns of 0 and 1") {
    Table const coded = table().encode("city");
    CHECK(coded["city"].classes() == Strings{"Bonn", "Rome"});
    CHECK(numbers(coded.drop_missing("city"), "city") == Doubles{0, 1, 1, 0});
    CHECK(coded["city"].missing(2));

    Table const hot = table().one_hot({"sex", "city"});
    CHECK(hot.names() ==
          Strings{"name", "sex_f", "sex_m", "age", "city_Bonn", "city_Rome", "height", "label"});
    CHECK(numbers(hot, "sex_f") == Doubles{1, 0, 0, 1, 0});
    CHECK(numbers(hot, "sex_m") == Doubles{0, 1, 1, 0, 1});
    CHECK(hot["city_Bonn"].missing(2));
    CHECK(hot["city_Rome"].missing(2));
    CHECK(hot["city_Rome"].group() == "city");
    CHECK(table().drop_missing().one_hot("age").names()[2] == "age_25");
    CHECK(complaint([] { table().one_hot("name", 4); }) ==
          "p.csv (column \"name\"): there are more than 4 different values. one_hot is for "
          "categories; leave the column out with drop(\"name\") or raise the limit.");
    CHECK(complaint([] { table().encode("age"); }).find("holds numbers") != std::string::npos);
}

TEST_CASE("A second file's categories become the numbers of the first one's") {
    Table const train = table().encode("city");
    Table const later = read_csv_text("city,n\nRome,1\n,2\nRome,3\n", {}, "new.csv");
    CHECK(numbers(later.encode("city").drop_missing(), "city") == Doubles{0, 0}); // not so
    Table const same = later.encode("city", train["city"].classes());
    CHECK(numbers(same.drop_missing(), "city") == Doubles{1, 1});
    CHECK(same["city"].missing(1));
    CHECK(same["city"].classes() == Strings{"Bonn", "Rome"});
    // in whatever order they are given; of two of one text the first counts
    CHECK(numbers(table().drop_missing("city").encode("city", {"Rome", "Oslo", "Bonn", "Bonn"}),
                  "city") == Doubles{2, 0, 0, 2});
    CHECK(complaint([&] {
              later.encode("city", {"Bonn", "Oslo"});
          }) == "new.csv:2:1 (column \"city\"): \"Rome\" is none of the 2 classes given: \"Bonn\", "
                "\"Oslo\". Leave such rows out with filter(\"city\", ...).");
    CHECK(complaint([&] {
              later.encode("city", Strings(9, "x"));
          }).find("\"x\" and others. Leave") != std::string::npos);
    CHECK(complaint([&] { later.encode("town", {"Rome"}); }).find("no column \"town\"") !=
          std::string::npos);
    CHECK(complaint([] { table().encode("age", {"25"}); }).find("holds numbers") !=
          std::string::npos);
}

TEST_CASE("Rows are filtered, taken, shuffled") {
    CHECK(texts(table().filter("age", [](double a) { return a > 26; }), "name") ==
          Strings{"ann", "di"});
    CHECK(texts(table().filter("city", [](std::string_view c) { return c != "Rome"; }), "name") ==
          Strings{"ann", "cy", "ed"});
    CHECK(texts(table().take(std::array<std::size_t, 3>{4, 0, 4}), "name") ==
          Strings{"ed", "ann", "ed"});
    CHECK(complaint([] { table().take(std::array<std::size_t, 1>{5}); }) ==
          "Table::take: row 5 of 5.");
    CHECK(texts(table().head(2), "name") == Strings{"ann", "bob"});
    CHECK(table().head(9).rows() == 5);

    Strings const once = texts(table().shuffle(1), "name"),
                  again = texts(table().shuffle(1), "name");
    CHECK(once == again);
    CHECK(once != texts(table(), "name"));
    CHECK(once != texts(table().shuffle(2), "name"));
    Table const shuffled = table().shuffle(1);
    for (std::size_t row = 0; row < 5; ++row) { // rows stay whole
        bool const f = shuffled.texts("sex")[row] == "f";
        CHECK(f == (shuffled.texts("label")[row] == "yes"));
    }
}

TEST_CASE("The first rows are what they were in the table") {
    Table const table = read_csv_text("n,t\n\n1,x\n2,\n3,z\n", {}, "x.csv").encode("t");
    Table const first = table.standardize("n").head(2);
    CHECK(first.rows() == 2);
    CHECK(first["t"].classes() == std::vector<std::string>{"x", "z"});
    CHECK(first.where(1, "n") == "x.csv:4:1 (column \"n\")");
    CHECK(first["t"].missing(1));
    CHECK(first.drop("t").to_tensor()(1, 0) == 1); // what is to be scaled is remembered
    CHECK(table.head(9).rows() == 3);
    CHECK(table.head(0).columns() == 2);
}

TEST_CASE("A summary says what a column holds") {
    CHECK(table().select({"name", "age"}).describe() ==
          "column  values  gaps   mean      std  min  median  max\n"
          "name         5     0   text\n"
          "age          4     1  30.25  7.08872   25      28   40\n");
}

TEST_CASE("A table of one's own") {
    Table const t(std::vector{Column("x", Doubles{1, 2}), Column("y", Doubles{0, 1})});
    CHECK(t.rows() == 2);
    CHECK(t.where(1, "y") == "table, row 1 (column \"y\")");
    CHECK_THROWS_AS(Table({Column("x", Doubles{1}), Column("x", Doubles{2})}), Error);
    CHECK_THROWS_AS(Table({Column("x", Doubles{1}), Column("y", Doubles{})}), Error);
    CHECK(Table().rows() == 0);
}
