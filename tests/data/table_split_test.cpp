// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/table_split.hpp>

#include <lamina/data/csv.hpp>

#include <doctest/doctest.h>

#include "support/complaint.hpp"
#include "support/golden.hpp"

#include <cmath>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

using namespace lamina;
using testing::complaint;

namespace {

/// n rows: a number of its own, another, and a class: one in `one_in` rows is "b", the others "a".
Table classes(std::size_t n, std::size_t one_in) {
    std::vector<double> id, value;
    std::vector<std::string> label;
    for (std::size_t i = 0; i < n; ++i) {
        id.push_back(double(i));
        value.push_back(double(i * i % 101));
        label.push_back(i % one_in == 0 ? "b" : "a");
    }
    return Table().add("id", id).add("value", value).add("label", label);
}

std::vector<int> ids(Dataset const& data) {
    std::vector<int> out;
    for (std::size_t i = 0; i < data.rows(); ++i) out.push_back(int(data.x(i, 0)));
    return out;
}

double share_of_b(Dataset const& data) {
    double sum = 0;
    for (std::size_t i = 0; i < data.rows(); ++i) sum += double(data.y(i, 0));
    return sum / double(data.rows());
}

Table from_golden(golden::Array const& x) {
    Table table;
    for (std::size_t c = 0; c < x.shape[1]; ++c) {
        std::vector<double> column;
        for (std::size_t row = 0; row < x.shape[0]; ++row)
            column.push_back(x[row * x.shape[1] + c]);
        table = std::move(table).add("c" + std::to_string(c), column);
    }
    return table;
}

using Strings = std::vector<std::string>;

} // namespace

TEST_CASE("The walkthrough: every row goes to one part, and the shares are kept") {
    Table const table = classes(1000, 4);
    auto const [train, test] =
        table.map("label", {{"a", 0}, {"b", 1}}).split({.test = 0.2f, .seed = 42});
    CHECK(train.rows() == 800);
    CHECK(test.rows() == 200);
    CHECK(train.x.shape()[1] == 2);
    CHECK(train.y.shape()[1] == 1);
    CHECK(train.features() == Strings{"id", "value"});
    CHECK(train.targets() == Strings{"label"});
    CHECK(train.classes == Strings{"a", "b"});
    CHECK(share_of_b(train) == 0.25);
    CHECK(share_of_b(test) == 0.25);
    std::set<int> seen;
    for (int id : ids(train)) seen.insert(id);
    for (int id : ids(test)) seen.insert(id);
    CHECK(seen.size() == 1000);
    for (std::size_t i = 0; i < test.rows(); ++i) { // rows stay whole
        int const id = int(test.x(i, 0));
        CHECK(int(test.x(i, 1)) == id * id % 101);
        CHECK(int(test.y(i, 0)) == (id % 4 == 0));
    }
}

TEST_CASE("The seed decides, and nothing else") {
    Table const table = classes(300, 3).encode("label");
    CHECK(ids(table.split({.seed = 1}).train) == ids(table.split({.seed = 1}).train));
    CHECK(ids(table.split({.seed = 1}).train) != ids(table.split({.seed = 2}).train));
    std::vector<int> const train = ids(table.split({.seed = 1}).train);
    CHECK(train != std::vector<int>(train.rbegin(), train.rend()));
    // These are the rows on every machine.
    std::vector<int> const test = ids(table.split({.test_rows = 5, .seed = 42}).test);
    CHECK(test == std::vector<int>{3, 106, 86, 56, 261});
    auto const [first, last] = table.split({.test = 0.1f, .shuffle = false, .stratified = false});
    CHECK(ids(last).front() == 270);
    CHECK(ids(last).back() == 299);
    CHECK(ids(first).front() == 0);
}

TEST_CASE("Stratified: every part has its share of every class, however rare") {
    for (std::size_t one_in : {2u, 3u, 7u, 20u, 50u}) {
        for (float share : {0.1f, 0.25f, 0.5f}) {
            Table const table = classes(500, one_in).encode("label");
            auto const [train, test] = table.split({.test = share, .seed = one_in});
            double const b = std::ceil(500.0 / double(one_in));
            CHECK(test.rows() == std::size_t(500 * share));
            CHECK(std::abs(share_of_b(test) * double(test.rows()) - b * double(share)) < 1);
            CHECK(share_of_b(train) > 0);
        }
    }
    // Not stratified it is by chance, and with this seed it differs.
    Table const table = classes(500, 7).encode("label");
    CHECK(share_of_b(table.split({.stratified = false}).test) !=
          share_of_b(table.split({.stratified = true}).test));
    // A class of one row trains.
    std::string text = "x,label\n0,rare\n";
    for (int i = 1; i < 10; ++i) text += std::to_string(i) + ",often\n";
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        auto const [train, test] =
            read_csv_text(text).encode("label").split({.test = 0.5f, .seed = seed});
        CHECK(test.rows() == 5);
        for (int id : ids(test)) CHECK(id != 0);
    }
    // One-hot labels count as classes, too.
    Split const hot = classes(100, 4).one_hot("label").split({.test = 0.2f});
    CHECK(hot.test.y.shape()[1] == 2);
    CHECK(hot.test.targets() == Strings{"label_a", "label_b"});
    CHECK(hot.test.classes == Strings{"a", "b"});
    double b = 0;
    for (std::size_t i = 0; i < hot.test.rows(); ++i) b += double(hot.test.y(i, 1));
    CHECK(b == 5);
    // A number as label is stratified when asked for, and refused when it holds no classes.
    CHECK(share_of_b(classes(100, 4)
                         .map("label", [](std::string_view t) { return t == "b"; })
                         .split({.test = 0.2f, .stratified = true})
                         .test) == 0.25);
    CHECK(complaint([] {
              classes(3000, 4).drop("label").select({"value", "id"}).split({.stratified = true});
          }) ==
          "table (column \"id\"): there are more than 1024 different values, which are no classes "
          "to stratify by. Use .stratified = false.");
}

TEST_CASE("In three parts") {
    auto const [train, validation, test] =
        classes(1000, 4).encode("label").standardize().split_in_three(
            {.validation = 0.1f, .test = 0.2f, .seed = 3});
    CHECK(train.rows() == 700);
    CHECK(validation.rows() == 100);
    CHECK(test.rows() == 200);
    CHECK(share_of_b(train) == 0.25);
    CHECK(share_of_b(validation) == 0.25);
    CHECK(share_of_b(test) == 0.25);
    CHECK(validation.scaling == train.scaling);
    CHECK(test.scaling == train.scaling);
    Table const table = classes(10, 2).encode("label");
    CHECK(table.split_in_three({.validation_rows = 1, .test_rows = 2}).train.rows() == 7);
}

TEST_CASE("Scaling is fitted on the training part only") {
    // The last rows are a thousand times as large: they must not count.
    std::string text = "x,label\n";
    for (int i = 0; i < 8; ++i) text += std::to_string(i) + "," + std::to_string(i % 2) + "\n";
    text += "1000,0\n2000,1\n";
    auto const [train, test] =
        read_csv_text(text).standardize().split({.test_rows = 2, .shuffle = false});
    CHECK(train.scaling.offset[0] == 3.5);
    CHECK(train.scaling.scale[0] == doctest::Approx(std::sqrt(5.25)).epsilon(1e-15));
    CHECK(train.x(0, 0) == doctest::Approx(-3.5 / std::sqrt(5.25)));
    CHECK(test.x(1, 0) == doctest::Approx(1996.5 / std::sqrt(5.25)));
    CHECK(test.scaling == train.scaling);
    CHECK(train.y(1, 0) == 1); // the label is left alone
    CHECK(train.target_scaling.identity());

    auto const [low, high] =
        read_csv_text(text).min_max().split({.test_rows = 2, .shuffle = false});
    CHECK(low.x(0, 0) == 0);
    CHECK(low.x(7, 0) == 1);
    CHECK(high.x(0, 0) == doctest::Approx(1000 / 7.0));

    // Not split: fitted on all rows.
    Dataset const all = read_csv_text(text).standardize().to_dataset();
    CHECK(all.scaling.offset[0] == doctest::Approx(302.8));
    // Of two the later counts, and an unscaled table has the identity.
    CHECK(read_csv_text(text).standardize().min_max().to_dataset().x(9, 0) == 1);
    CHECK(read_csv_text(text).to_dataset().scaling.identity());
}

TEST_CASE("Which columns are scaled") {
    std::string_view const text = "a,b,c,label\n1,x,5,0\n2,y,7,1\n4,x,8,0\n9,y,9,1\n";
    // Those that are numbers when it is asked for: the columns that one_hot makes later are not.
    Dataset const later = read_csv_text(text).standardize().one_hot("b").to_dataset();
    CHECK(later.features() == Strings{"a", "b_x", "b_y", "c"});
    CHECK(later.scaling.offset[0] == 4);
    CHECK(later.scaling.offset[1] == 0);
    CHECK(later.x(0, 1) == 1);
    Dataset const before = read_csv_text(text).one_hot("b").standardize().to_dataset();
    CHECK(before.x(0, 1) == 1); // (1 - 0.5) / 0.5
    CHECK(before.scaling.offset[1] == 0.5);
    Dataset const one = read_csv_text(text).drop("b").standardize("c").to_dataset();
    CHECK(one.scaling.offset == std::vector<double>{0, 7.25});
    // A label by name: predictions come back through target_scaling.
    Dataset const label = read_csv_text(text).drop("b").standardize({"a", "label"}).to_dataset();
    CHECK(label.y(0, 0) == -1);
    CHECK(label.target_scaling.invert(0, -1) == 0);
    CHECK(complaint([&] { read_csv_text(text).standardize("b"); }).starts_with("text:2:2 (column"));
    CHECK(
        complaint([&] {
            read_csv_text(text).standardize().map("a", {{1, 0}});
        }) ==
        "text (column \"a\"): map changes values that standardize() or min_max() is to scale. Put "
        "it before them.");
    CHECK(complaint([&] {
              read_csv_text("a,b\n,1\n2,1\n").min_max().fill_missing("a", 0);
          }).starts_with("text (column \"a\"): fill_missing changes values"));
    CHECK(complaint([&] { read_csv_text(text).min_max({}, 1, 1); }) ==
          "min_max: from 1 to 1 is no range. The first number must be the lower one.");
}

TEST_CASE("Golden: StandardScaler and MinMaxScaler") {
    for (char const* name : {"scale_standard", "scale_minmax"}) {
        golden::Case const reference(name);
        golden::Array const &x = reference["in/x"], &y = reference["out/y"];
        Table const table = from_golden(x);
        Table const scaled =
            reference.op == "StandardScaler" ? table.standardize() : table.min_max();
        Tensor<double, 2> const found = scaled.to_tensor<double>();
        REQUIRE(found.size() == y.size());
        for (std::size_t i = 0; i < y.size(); ++i) {
            CHECK(std::abs(found.data()[i] - y[i]) <= 1e-12 * std::max(1.0, std::abs(y[i])));
        }
        // The last column is constant.
        for (std::size_t row = 0; row < x.shape[0]; ++row) CHECK(found(row, 3) == 0);
    }
}

TEST_CASE("A constant column becomes 0 exactly, and the range of min_max is kept") {
    std::string text = "a,b,label\n";
    for (int i = 0; i < 7; ++i) text += "0.1," + std::to_string(i) + ",0\n";
    Dataset const standard = read_csv_text(text).standardize().to_dataset();
    Dataset const range = read_csv_text(text).min_max({}, -2, 3).to_dataset();
    for (std::size_t row = 0; row < 7; ++row) {
        CHECK(standard.x(row, 0) == 0);
        CHECK(range.x(row, 0) == -2);
    }
    CHECK(range.x(0, 1) == -2);
    CHECK(range.x(6, 1) == 3);
    // Numbers far from 0 keep their digits.
    Dataset const far =
        read_csv_text("a,label\n1e9,0\n1000000001,0\n1000000002,0\n").standardize().to_dataset();
    CHECK(far.x(2, 0) == doctest::Approx(std::sqrt(1.5)));
}

TEST_CASE("New rows are scaled as the trained ones were, by name") {
    Dataset const train = classes(100, 4).encode("label").standardize().split({.seed = 5}).train;
    Table const fresh = read_csv_text("value,other,id\n7,x,3\n");
    Tensor<float, 2> const x = fresh.to_tensor(train.scaling);
    CHECK(x(0, 0) == float((3 - train.scaling.offset[0]) / train.scaling.scale[0]));
    CHECK(x(0, 1) == float((7 - train.scaling.offset[1]) / train.scaling.scale[1]));
    Dataset const labelled = classes(8, 2).encode("label").to_dataset({.scaling = train.scaling});
    CHECK(labelled.scaling == train.scaling);
    CHECK(labelled.x(3, 0) == float((3 - train.scaling.offset[0]) / train.scaling.scale[0]));
    CHECK(complaint([&] { read_csv_text("id\n1\n").to_tensor(train.scaling); }) ==
          "text: there is no column \"value\" among its 1 column: \"id\".");
    CHECK(complaint([&] {
              fresh.select({"id", "value"}).standardize().to_tensor(train.scaling);
          }).find("A scaling found before changes values") != std::string::npos);
}

TEST_CASE("Gaps are filled from the training part, and in new rows with the same") {
    // The last 40 rows, far away, are no part of training: without shuffling they are the test.
    std::string text = "a,b,c,label\n";
    for (int i = 0; i < 100; ++i) {
        bool const far = i >= 60;
        text += (i % 10 == 0 ? "" : std::to_string(far ? 1000 + i : i % 5)) + "," +
                (i % 7 == 0 ? "" : std::to_string(far ? 500 : 3)) + "," + std::to_string(i) + "," +
                std::to_string(i % 2) + "\n";
    }
    Table const filled = read_csv_text(text).fill_missing("a", Fill::median).fill_missing("b", -1);
    Split const parts = filled.split({.test = 0.4f, .shuffle = false});
    Dataset const &train = parts.train, &test = parts.test;
    REQUIRE(train.x.shape()[0] == 60);
    CHECK(train.scaling.fill.size() == 3);
    CHECK(train.scaling.filling(0) == 2); // and not 3 or 4, as of all rows
    CHECK(train.scaling.filling(1) == -1);
    CHECK(std::isnan(train.scaling.filling(2)));
    CHECK(!train.scaling.identity());
    CHECK(test.scaling == train.scaling);
    CHECK(train.x(0, 0) == 2);
    CHECK(test.x(0, 0) == 2);
    CHECK(test.x(1, 0) == 1061);
    CHECK(test.x(3, 1) == -1);
    // New rows, whose own values count for nothing, with a gap in each column that was filled.
    Table const fresh = read_csv_text("c,b,a\n5,,\n6,8,1000\n7,8,2000\n");
    CHECK(fresh.to_tensor(train.scaling) ==
          Tensor<float, 2>{{2, -1, 5}, {1000, 8, 6}, {2000, 8, 7}});
    CHECK(fresh.fill_missing(Fill::mean).to_tensor(train.scaling) ==
          fresh.to_tensor(train.scaling));
    CHECK(fresh.add("label", {0, 1, 0}).to_dataset({.scaling = train.scaling}).x ==
          fresh.to_tensor(train.scaling));
    CHECK(train.scaling.apply(Tensor<double, 2>{{NAN, NAN, 1}})(0, 1) == -1);
    CHECK(complaint([&] {
              read_csv_text("a,b,c\n1,2,\n").to_tensor(train.scaling);
          }).starts_with("text:2:3 (column \"c\"): a gap where a number is needed."));

    // A scaling counts what was filled, as a pipeline of SimpleImputer and StandardScaler does.
    Dataset const scaled = read_csv_text("a,label\n1,0\n,1\n3,0\n8,1\n")
                               .standardize()
                               .fill_missing(Fill::mean)
                               .to_dataset();
    CHECK(scaled.scaling.filling(0) == 4);
    CHECK(scaled.scaling.offset[0] == 4);
    CHECK(scaled.scaling.scale[0] == doctest::Approx(std::sqrt(26. / 4)));
    CHECK(scaled.x(1, 0) == 0);

    // A column without a gap in training may have one later.
    Dataset const whole =
        read_csv_text("a,label\n1,0\n2,1\n6,0\n").fill_missing(Fill::mean).to_dataset();
    CHECK(read_csv_text("a,b\n,1\n3,1\n").to_tensor(whole.scaling) == Tensor<float, 2>{{3}, {3}});
    // A label has no scaling's filling.
    Dataset const label =
        read_csv_text("a,label\n1,4\n2,\n3,8\n").fill_missing(Fill::mean).to_dataset();
    CHECK(label.y(1, 0) == 6);
    CHECK(label.target_scaling.identity());
    // Where all of the training part is a gap, there is nothing to learn.
    CHECK(complaint([] {
              read_csv_text("a,label\n,0\n,1\n,0\n4,1\n")
                  .fill_missing(Fill::mean)
                  .split({.test = 0.25f, .shuffle = false});
          }) ==
          "text (column \"a\"): there is no value at all to fill its gaps from. Use drop(\"a\").");
    Scaling uneven = train.scaling;
    uneven.fill.pop_back();
    CHECK(complaint([&] { fresh.to_tensor(uneven); }) ==
          "Scaling: names, offset, scale and fill differ in length.");
}

TEST_CASE("What cannot become a data set says which cell is in the way") {
    CHECK(complaint([] { read_csv_text("a,b\n1,\n").split(); }) ==
          "text:2:2 (column \"b\"): a gap where a number is needed. Use drop_missing() or "
          "fill_missing(\"b\", Fill::mean).");
    CHECK(complaint([] {
              read_csv_text("a,b\nx,1\n").to_dataset();
          }).starts_with("text:2:1 (column"));
    CHECK(complaint([] { read_csv_text("a,b\n1,1\n1e39,1\n").to_dataset(); }) ==
          "text:3:1 (column \"a\"): 1e+39 does not fit a float (3.4e38).");
    CHECK(complaint([] { read_csv_text("a,b\n1e308,1\n-1e308,1\n").standardize().to_dataset(); }) ==
          "text (column \"a\"): this cannot be scaled: its values, from -1e+308 to 1e+308, are too "
          "far apart or too close together.");
    CHECK(complaint([] { read_csv_text("a,b\n").to_dataset(); }) == "text: no rows are left.");
    CHECK(complaint([] { read_csv_text("a\n1\n").to_dataset(); }) ==
          "text: nothing is left to predict from: every column is a label.");
    CHECK(complaint([] { Table().to_dataset(); }) == "table: there are no columns.");
    CHECK(complaint([] { classes(4, 2).encode("label").split({.label = "lable"}); }) ==
          "table: there is no column \"lable\" among its 3 columns: \"id\", \"value\", \"label\".");
    auto const refused = [](SplitOptions const& options) {
        return complaint([&] { classes(20, 2).encode("label").split(options); });
    };
    CHECK(refused({.test = 1}) == "split: .test = 1 is no share of the rows. It is from 0 to less "
                                  "than 1; a number of rows is .test_rows.");
    CHECK(refused({.test = -0.1f}).starts_with("split: .test = -0.1 is no share"));
    CHECK(refused({.test = 0.01f}) ==
          "split: .test would get 0 of 20 rows, and every part needs at least one.");
    CHECK(refused({.test_rows = 20}) ==
          "split: .test would get 20 of 20 rows, and every part needs at least one.");
    CHECK(refused({.test = 0}) == "");
    CHECK(refused({.stratified = true, .label = {"id", "label"}}) ==
          "split: several labels are no classes to stratify by. Use .stratified = false.");
    CHECK(complaint([] {
              classes(4, 2).encode("label").split_in_three({.validation_rows = 2, .test_rows = 2});
          }) == "split: 2 rows to validate and 2 to test leave none of 4 rows to train.");
}

TEST_CASE("Labels: the last column, by name, several") {
    std::string_view const text = "a,b,c\n1,2,3\n4,5,6\n";
    CHECK(read_csv_text(text).to_dataset().targets() == Strings{"c"});
    CHECK(read_csv_text(text).to_dataset({.label = "a"}).y(1, 0) == 4);
    Dataset const two = read_csv_text(text).to_dataset({.label = {"c", "a"}});
    CHECK(two.features() == Strings{"b"});
    CHECK(two.y(1, 0) == 6);
    CHECK(two.y(1, 1) == 4);
    Tensor<double, 2> const all = read_csv_text(text).to_tensor<double>();
    CHECK(all(1, 2) == 6);
    std::vector<std::size_t> const rows{1, 1, 0};
    Dataset const taken = two.take(rows);
    CHECK(taken.rows() == 3);
    CHECK(taken.x(0, 0) == 5);
    CHECK(taken.x(2, 0) == 2);
    CHECK(complaint([&] { two.take(std::vector<std::size_t>{2}); }) ==
          "Dataset::take: row 2 of 2.");
}

TEST_CASE("A scaling is a plain value") {
    Scaling const scaling{{"a", "b"}, {1, 2}, {10, 0.5}};
    std::vector<float> x{11, 2, 21, 3};
    scaling.apply(std::span(x));
    CHECK(x == std::vector<float>{1, 0, 2, 2});
    scaling.invert(std::span(x));
    CHECK(x == std::vector<float>{11, 2, 21, 3});
    Tensor<double, 2> t{{11, 2}};
    CHECK(scaling.apply(t)(0, 0) == 1);
    CHECK(scaling.invert(scaling.apply(t)) == t);
    CHECK(!scaling.identity());
    CHECK(Scaling().empty());
    Scaling().apply(std::span(x));
    CHECK(x[0] == 11);
    std::vector<float> odd(3);
    CHECK_THROWS_WITH_AS(scaling.apply(std::span(odd)),
                         "Scaling: 3 values are no whole rows of 2 columns.", Error);
}

TEST_CASE("A file that was read with another separator is recognised") {
    auto const table = read_csv_text("a;b;c\n1;2;3\n4;5;6\n", {}, "x.csv");
    CHECK(complaint([&] { table.split(); }) ==
          "x.csv: nothing is left to predict from: every column is a label. Is ; what separates "
          "them? Read it with {.separator = ';'}.");
    CHECK(complaint([&] { table.drop("b"); }) ==
          "x.csv: there is no column \"b\" among its 1 column: \"a;b;c\". Is ; what separates "
          "them? Read it with {.separator = ';'}.");
    auto const tabs = read_csv_text("a\tb\n1\t2\n", {}, "x.csv");
    CHECK(complaint([&] { tabs.drop("b"); }).ends_with("Read it with {.separator = '\\t'}."));
}

TEST_CASE("New rows get the columns of training, though not every value is among them") {
    auto const train = read_csv_text("v,size,y\nLSE,1,0\nNYSE,2,1\nXETR,3,0\n", {}, "t.csv")
                           .one_hot({"v", "size"})
                           .to_dataset();
    auto const fresh = read_csv_text("v,size\nXETR,3\n,1\n", {}, "n.csv");
    auto const x =
        fresh.drop_missing().one_hot({"v", "size"}, train.scaling).to_tensor(train.scaling);
    CHECK(x == Tensor<float, 2>{{0, 0, 1, 0, 0, 1}});
    CHECK(complaint([&] { // a gap stays a gap
              fresh.one_hot({"v", "size"}, train.scaling).to_tensor(train.scaling);
          })
              .find("a gap where a number is needed") != std::string::npos);
    auto const other = read_csv_text("v,size\nLSE,1\nTSE,7\n", {}, "n.csv");
    CHECK(complaint([&] { other.one_hot("v", train.scaling); }) ==
          "n.csv:3:1 (column \"v\"): \"TSE\" was not among the 3 values of training.");
    CHECK(complaint([&] { other.one_hot("size", train.scaling); }) ==
          "n.csv:3:2 (column \"size\"): \"7\" was not among the 3 values of training.");
    // one column's name begins as the other's does
    auto const jobs = read_csv_text("job,job_type,y\nclerk,x,0\nsmith,y,1\n", {}, "t.csv")
                          .one_hot({"job", "job_type"})
                          .to_dataset();
    auto const hired = read_csv_text("job,job_type\nsmith,x\n", {}, "n.csv");
    Tensor<float, 2> const smith{{0, 1, 1, 0}};
    CHECK(hired.one_hot({"job", "job_type"}, jobs.scaling).to_tensor(jobs.scaling) == smith);
    CHECK(hired.one_hot({"job_type", "job"}, jobs.scaling).to_tensor(jobs.scaling) == smith);
    CHECK(hired.one_hot("job", jobs.scaling).one_hot("job_type", jobs.scaling).names() ==
          Strings{"job_clerk", "job_smith", "job_type_x", "job_type_y"});
    CHECK(complaint([&] {
              other.one_hot("v", Scaling{});
          }).find("the scaling names no column \"v_...\". Was it one_hot in training?") !=
          std::string::npos);
}
