// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/dataset.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/scaling.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace lamina {

/// What stands where in a file: row r of a table began at line at(r). Memory only where lines and
/// rows do not run in step.
struct Lines {
    std::size_t first = 0;
    std::vector<std::size_t> each = {};

    std::size_t at(std::size_t row) const { return each.empty() ? first + row : each[row]; }
    /// Row `row`, the next one, began at `line`.
    void add(std::size_t row, std::size_t line) {
        if (row == 0) first = line;
        if (each.empty() && line != first + row) {
            for (std::size_t i = 0; i < row; ++i) each.push_back(first + i);
        }
        if (!each.empty() || line != first + row) each.push_back(line);
    }
};

/// What fill_missing puts into gaps.
enum class Fill { mean, median, most_frequent };

/// One line of a map: {"positive", 1} or {4, 1}.
struct MapRule {
    template <class T>
    requires std::is_arithmetic_v<T> MapRule(std::string_view from, T value)
        : text(from), is_text(true), to(static_cast<double>(value)) {}
    template <class F, class T>
    requires(std::is_arithmetic_v<F>&& std::is_arithmetic_v<T>) MapRule(F from, T value)
        : number(static_cast<double>(from)), to(static_cast<double>(value)) {}

    std::string_view text = {};
    double number = 0;
    bool is_text = false;
    double to = 0;
};

struct SplitOptions {
    /// The share of the rows that test, rounded to whole rows; or their number.
    float test = 0.2f;
    std::size_t test_rows = 0;
    std::uint64_t seed = 0;
    /// false: the last rows test.
    bool shuffle = true;
    /// Every part gets its share of every class. Not given: yes if the label was text.
    std::optional<bool> stratified = {};
    /// What is to be predicted; not given: the last column.
    Names label = {};
};

/// As SplitOptions, with a part to validate.
struct SplitInThreeOptions {
    float validation = 0.1f;
    float test = 0.2f;
    std::size_t validation_rows = 0;
    std::size_t test_rows = 0;
    std::uint64_t seed = 0;
    bool shuffle = true;
    std::optional<bool> stratified = {};
    Names label = {};
};

struct DatasetOptions {
    /// What is to be predicted; not given: the last column.
    Names label = {};
    /// A scaling found before: its columns are the features, in its order, and nothing is fitted.
    Scaling scaling = {};
};

/// A table of named columns, each of numbers or of texts, with gaps. Every step gives a table, so
/// that steps are written as a chain; a chain that starts from a temporary copies nothing:
///
///     auto [train, test] = read_csv("data.csv")
///                              .drop_missing()
///                              .map("label", {{"positive", 1}, {"negative", 0}})
///                              .standardize()
///                              .split({.test = 0.2f, .seed = 42});
///
/// Errors  lamina::Error, naming the file, line, column and text of the cell that is in the way.
class Table {
public:
    Table() = default;
    /// A table of columns of one length.
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) { check(); }
    /// A table that came from a file whose columns are these, in order; for messages.
    Table(std::vector<Column> columns, std::string source, Lines lines)
        : columns_(std::move(columns)), source_(std::move(source)), lines_(std::move(lines)) {
        for (std::size_t c = 0; c < columns_.size(); ++c) columns_[c].field_ = c + 1;
        check();
    }

    std::size_t rows() const { return columns_.empty() ? 0 : columns_.front().size(); }
    std::size_t columns() const { return columns_.size(); }
    std::vector<std::string> names() const;
    bool contains(std::string_view name) const;

    Column const& operator[](std::string_view name) const& { return columns_[find(name)]; }
    Column const& column(std::size_t i) const& { return columns_[i]; }
    /// The numbers of a column, NaN at gaps. Throws, naming the first cell that is no number, if
    /// the column is text.
    std::span<double const> numbers(std::string_view name) const&;
    /// The texts of a column. Throws if it is a number.
    Texts const& texts(std::string_view name) const&;
    Column const& operator[](std::string_view) && = delete; // they would outlive their table
    Column const& column(std::size_t) && = delete;
    std::span<double const> numbers(std::string_view) && = delete;
    Texts const& texts(std::string_view) && = delete;

    /// `data.csv:57:3 (column "age")`: where a cell came from.
    std::string where(std::size_t row, std::string_view name) const {
        return where(row, columns_[find(name)]);
    }
    /// For each column: what it holds, gaps, mean, standard deviation (of the sample), minimum,
    /// median, maximum.
    std::string describe() const;

    // Rows

    /// Without the rows that have a gap, in these columns or in any.
    Table drop_missing(Names const& columns = {}) &&;
    Table drop_missing(Names const& columns = {}) const& {
        return Table(*this).drop_missing(columns);
    }
    /// The rows for which keep(value) is true; value is a double (NaN for a gap) or a
    /// std::string_view (empty for a gap).
    template <class F>
    Table filter(std::string_view column, F keep) &&;
    template <class F>
    Table filter(std::string_view column, F keep) const& {
        return Table(*this).filter(column, keep);
    }
    /// These rows, in this order.
    Table take(std::span<std::size_t const> rows) &&;
    Table take(std::span<std::size_t const> rows) const& { return Table(*this).take(rows); }
    /// The first n rows.
    Table head(std::size_t n = 5) const;
    Table shuffle(std::uint64_t seed) &&;
    Table shuffle(std::uint64_t seed) const& { return Table(*this).shuffle(seed); }

    // Gaps

    /// Fills the gaps of these columns. Fill counts over all rows there are now: for a mean that
    /// knows only training rows, take those rows first.
    Table fill_missing(Names const& columns, double value) &&;
    Table fill_missing(Names const& columns, std::string_view value) &&;
    Table fill_missing(Names const& columns, Fill what) &&;
    /// Fills the gaps of every column; mean and median leave text alone.
    Table fill_missing(Fill what) &&;
    Table fill_missing(Names const& columns, double value) const& {
        return Table(*this).fill_missing(columns, value);
    }
    Table fill_missing(Names const& columns, std::string_view value) const& {
        return Table(*this).fill_missing(columns, value);
    }
    Table fill_missing(Names const& columns, Fill what) const& {
        return Table(*this).fill_missing(columns, what);
    }
    Table fill_missing(Fill what) const& { return Table(*this).fill_missing(what); }

    // Columns

    /// These columns, in this order.
    Table select(Names const& columns) &&;
    Table select(Names const& columns) const&;
    Table drop(Names const& columns) &&;
    Table drop(Names const& columns) const& { return Table(*this).drop(columns); }
    Table rename(std::string_view from, std::string to) &&;
    Table rename(std::string_view from, std::string to) const& {
        return Table(*this).rename(from, std::move(to));
    }
    Table rename(std::initializer_list<std::pair<std::string_view, std::string_view>> names) &&;
    Table
    rename(std::initializer_list<std::pair<std::string_view, std::string_view>> names) const& {
        return Table(*this).rename(names);
    }
    /// With one more column, at the end.
    Table add(std::string name, std::vector<double> numbers) &&;
    Table add(std::string name, std::vector<std::string> const& texts) &&;
    Table add(std::string name, std::vector<double> numbers) const& {
        return Table(*this).add(std::move(name), std::move(numbers));
    }
    Table add(std::string name, std::vector<std::string> const& texts) const& {
        return Table(*this).add(std::move(name), texts);
    }

    // Values

    /// Numbers for texts, or for other numbers: map("label", {{"positive", 1}, {"negative", 0}}).
    /// Gaps stay gaps; a value that no rule names is an error.
    Table map(std::string_view column, std::initializer_list<MapRule> rules) &&;
    Table map(std::string_view column, std::initializer_list<MapRule> rules) const& {
        return Table(*this).map(column, rules);
    }
    /// f(value) for each value; f takes a double, or a std::string_view where the column is text,
    /// and gives a number.
    template <class F>
    requires std::is_invocable_r_v<double, F, double> ||
        std::is_invocable_r_v<double, F, std::string_view>
            Table map(std::string_view column, F f) &&;
    template <class F>
    requires std::is_invocable_r_v<double, F, double> ||
        std::is_invocable_r_v<double, F, std::string_view>
            Table map(std::string_view column, F f)
    const& { return Table(*this).map(column, f); }
    /// Numbers 0, 1, ... for the different texts in alphabetical order, which Dataset::classes
    /// keeps for a label.
    Table encode(std::string_view column, std::size_t limit = 1024) &&;
    Table encode(std::string_view column, std::size_t limit = 1024) const& {
        return Table(*this).encode(column, limit);
    }
    /// A column of 0 and 1 for each different value v, named column_v, where the column stood. A
    /// gap stays a gap in each. The old name means them all where a label is asked for. More than
    /// `limit` values are an error: such a column is no category.
    Table one_hot(Names const& columns, std::size_t limit = 1024) &&;
    Table one_hot(Names const& columns, std::size_t limit = 1024) const& {
        return Table(*this).one_hot(columns, limit);
    }

    // Scaling
    //
    // standardize and min_max are remembered and done last: split fits them on the training part
    // alone and applies what it found to every part; to_dataset and to_tensor fit them on all rows.
    // Until then the table shows its values as they are. Without names they mean the columns that
    // are numbers now, but not the label; by name they scale a label too. Of two for the same
    // column the later counts (each undoes the other).

    /// Mean 0 and standard deviation 1 (of the population, as sklearn's StandardScaler). A constant
    /// column becomes 0.
    Table standardize(Names const& columns = {}) &&;
    Table standardize(Names const& columns = {}) const& {
        return Table(*this).standardize(columns);
    }
    /// From low to high. A constant column becomes low.
    Table min_max(Names const& columns = {}, double low = 0, double high = 1) &&;
    Table min_max(Names const& columns = {}, double low = 0, double high = 1) const& {
        return Table(*this).min_max(columns, low, high);
    }

    // Out

    /// Rows to train and rows to test, shuffled. Every column but the label is a feature and must
    /// be a number without gaps.
    Split split(SplitOptions const& options = {}) const;
    /// Rows to train, to validate and to test.
    SplitInThree split_in_three(SplitInThreeOptions const& options = {}) const;
    /// All rows, in order, as features x and label y.
    Dataset to_dataset(DatasetOptions const& options = {}) const;
    /// All rows and columns as they are, scaled if that was asked for.
    template <class T = float>
    Tensor<T, 2> to_tensor() const;
    /// The columns that the scaling names, in its order, scaled by it: new rows as a trained model
    /// knows them.
    template <class T = float>
    Tensor<T, 2> to_tensor(Scaling const& scaling) const;

private:
    using Rows = std::vector<std::size_t>;
    using Pending = Column::Pending;

    void check() const;
    std::size_t find(std::string_view name) const;
    Rows find_all(Names const& names) const;
    std::string where(std::size_t row, Column const& column) const;
    std::string where(Column const& column) const;
    [[noreturn]] void throw_text(Column const& column) const;
    void settled(Column const& column, char const* step) const;
    void keep(std::span<std::size_t const> rows);
    void fill(std::size_t c, Fill what);
    std::vector<std::string> categories(Column const& column, std::size_t limit,
                                        char const* step) const;

    Rows all_rows() const;
    Rows labels(Names const& label) const;
    Rows features(Rows const& labels) const;
    void ready(Rows const& columns) const;
    Scaling fit(Rows const& columns, Rows const& rows, bool label) const;
    Scaling match(Scaling const& scaling, Rows& columns) const;
    template <class T>
    Tensor<T, 2> gather(Rows const& columns, Rows const& rows, Scaling const& scaling) const;
    Dataset dataset(Rows const& x, Rows const& y, Rows const& rows, Scaling const& of_x,
                    Scaling const& of_y) const;
    std::vector<Dataset> parts(SplitInThreeOptions const& options, bool three) const;
    std::vector<std::size_t> classes_of_rows(Rows const& labels) const;

    std::vector<Column> columns_;
    std::string source_; // the file, or empty
    Lines lines_;
};

// ---- looking up, and saying where

inline void Table::check() const {
    std::vector<std::string_view> names;
    for (Column const& c : columns_) {
        names.push_back(c.name());
        if (c.size() == rows()) continue;
        throw Error(Error::Kind::argument, "Table",
                    "column " + detail::quoted(c.name()) + " has " +
                        detail::counted(c.size(), "row") + ", column " +
                        detail::quoted(columns_.front().name()) + " has " + std::to_string(rows()) +
                        ".");
    }
    std::sort(names.begin(), names.end());
    auto const twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) {
        throw Error(Error::Kind::argument, source_.empty() ? "Table" : source_,
                    "two columns have the name " + detail::quoted(*twice) +
                        ". Names tell columns apart.");
    }
}

inline std::vector<std::string> Table::names() const {
    std::vector<std::string> names;
    for (Column const& c : columns_) names.push_back(c.name());
    return names;
}

inline bool Table::contains(std::string_view name) const {
    return std::any_of(columns_.begin(), columns_.end(),
                       [&](Column const& c) { return c.name() == name; });
}

inline std::size_t Table::find(std::string_view name) const {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        if (columns_[c].name() == name) return c;
    }
    std::string known;
    for (std::size_t c = 0; c < columns_.size() && c < 12; ++c) {
        known += (c == 0 ? " " : ", ") + detail::quoted(columns_[c].name());
    }
    if (columns_.size() > 12) known += ", ... (" + std::to_string(columns_.size()) + ")";
    throw Error(Error::Kind::argument, source_.empty() ? "table" : source_,
                "there is no column " + detail::quoted(name) + ". The columns are" + known + ".");
}

inline Table::Rows Table::find_all(Names const& names) const {
    Rows found;
    for (std::string const& name : names) found.push_back(find(name));
    return found;
}

inline std::string Table::where(Column const& column) const {
    return (source_.empty() ? "table" : source_) + " (column " + detail::quoted(column.name()) +
           ")";
}

inline std::string Table::where(std::size_t row, Column const& column) const {
    std::string const place = " (column " + detail::quoted(column.name()) + ")";
    if (source_.empty()) return "table, row " + std::to_string(lines_.at(row)) + place;
    std::string const field = column.field_ ? ":" + std::to_string(column.field_) : "";
    return source_ + ":" + std::to_string(lines_.at(row)) + field + place;
}

namespace detail {

/// What is wrong with a cell that should be a number; `column` is the name above it.
inline std::string not_a_number(std::string_view text, std::string_view column) {
    std::string const found = quoted(text);
    std::string_view const bare = trimmed(text);
    if (bare.empty())
        return found + " is not a number. An empty cell is a gap only where .gaps lists \"\".";
    if (bare == column)
        return found + " is not a number but the column's name: is this the header a second time?";
    double value = 0;
    std::string point(bare);
    std::replace(point.begin(), point.end(), ',', '.');
    if (point != bare && parse_number(point, value)) {
        return found +
               " is not a number (expected e.g. 4.7; the decimal point is '.' in every locale).";
    }
    std::string mantissa(bare.substr(0, bare.find_first_of("eE")));
    if (mantissa.size() < bare.size() && parse_number(mantissa, value)) {
        std::string_view exponent = bare.substr(mantissa.size() + 1);
        if (!exponent.empty() && (exponent.front() == '+' || exponent.front() == '-'))
            exponent.remove_prefix(1);
        if (!exponent.empty() && exponent.find_first_not_of("0123456789") == exponent.npos) {
            return found + " is beyond the range of a double (1.8e308).";
        }
    }
    std::string word(bare.substr(bare.front() == '-' || bare.front() == '+' ? 1 : 0));
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? char(c + ('a' - 'A')) : c;
    for (std::string_view special :
         {"nan", "inf", "infinity", "n/a", "null", "none", "na", "?", "-"}) {
        if (word == special)
            return found + " is not a number. If it stands for a gap, list it in .gaps.";
    }
    return found + " is not a number (expected e.g. 4.7).";
}

} // namespace detail

inline void Table::throw_text(Column const& column) const {
    // Mostly numbers: the cells that are none are the mistake. Mostly texts: the use is.
    std::size_t texts = 0, numbers = 0, first = 0;
    double value = 0;
    for (std::size_t row = 0; row < column.size(); ++row) {
        if (column.missing(row)) continue;
        if (detail::parse_number(column.texts_[row], value)) ++numbers;
        else if (texts++ == 0) first = row;
    }
    std::string const name = detail::quoted(column.name());
    if (texts == 0) {
        throw Error(Error::Kind::data, where(column),
                    "was read as text. Leave it out of .texts to have numbers.");
    }
    std::string_view const text = column.texts_[first];
    if (numbers >= texts) {
        throw Error(Error::Kind::data, where(first, column),
                    detail::not_a_number(text, column.name()));
    }
    throw Error(Error::Kind::data, where(first, column),
                detail::quoted(text) + " is text where a number is needed. Use map(" + name +
                    ", {{" + detail::quoted(text) + ", 1}, ...}), encode(" + name +
                    ") or one_hot(" + name + "), or leave it out with drop(" + name + ").");
}

inline void Table::settled(Column const& column, char const* step) const {
    if (column.pending_.kind == Pending::Kind::none) return;
    throw Error(
        Error::Kind::argument, where(column),
        std::string(step) +
            " changes values that standardize() or min_max() is to scale. Put it before them.");
}

inline std::span<double const> Table::numbers(std::string_view name) const& {
    Column const& column = columns_[find(name)];
    if (column.is_text()) throw_text(column);
    return column.numbers();
}

inline Texts const& Table::texts(std::string_view name) const& {
    Column const& column = columns_[find(name)];
    if (column.is_text()) return column.texts();
    throw Error(Error::Kind::argument, where(column),
                "holds numbers, not text. Name it in .texts to read it as text.");
}

inline std::string Table::describe() const {
    std::vector<std::array<std::string, 8>> lines{
        {"column", "values", "gaps", "mean", "std", "min", "median", "max"}};
    for (Column const& column : columns_) {
        std::size_t const gaps = column.missing(), n = column.size() - gaps;
        lines.push_back(
            {column.name(), std::to_string(n), std::to_string(gaps), "", "", "", "", ""});
        if (column.is_text()) lines.back()[3] = "text";
        if (column.is_text() || n == 0) continue;
        std::vector<double> values;
        for (double v : column.numbers_) {
            if (!detail::is_missing(v)) values.push_back(v);
        }
        std::sort(values.begin(), values.end());
        double mean = 0, square = 0;
        for (double v : values) mean += v / double(n);
        for (double v : values) square += (v - mean) * (v - mean);
        double const median = (values[(n - 1) / 2] + values[n / 2]) / 2;
        lines.back()[3] = detail::short_number(mean);
        if (n > 1) lines.back()[4] = detail::short_number(std::sqrt(square / double(n - 1)));
        lines.back()[5] = detail::short_number(values.front());
        lines.back()[6] = detail::short_number(median);
        lines.back()[7] = detail::short_number(values.back());
    }
    std::array<std::size_t, 8> width{};
    for (auto const& line : lines) {
        for (std::size_t i = 0; i < 8; ++i) width[i] = std::max(width[i], line[i].size());
    }
    std::string out;
    for (auto const& line : lines) {
        out += line[0] + std::string(width[0] - line[0].size(), ' ');
        for (std::size_t i = 1; i < 8; ++i)
            out += std::string(width[i] - line[i].size() + 2, ' ') + line[i];
        out.erase(out.find_last_not_of(' ') + 1);
        out += '\n';
    }
    return out;
}

} // namespace lamina

// The steps, and the ways out of a table; files of their own because this one is to be read.
#include <lamina/data/table_split.hpp>
#include <lamina/data/table_steps.hpp>
