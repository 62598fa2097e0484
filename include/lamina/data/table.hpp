// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/core/random.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/dataset.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/scaling.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <numeric>
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
    float test = 0.2f;         ///< share of the rows that test, rounded to whole rows
    std::size_t test_rows = 0; ///< or their number
    std::uint64_t seed = 0;
    bool shuffle = true; ///< false: the last rows test
    std::optional<bool> stratified =
        {}; ///< every part gets its share of every class. Not given: yes if the label was text
    Names label = {}; ///< what is to be predicted; not given: the last column
};

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
    Names label = {};     ///< what is to be predicted; not given: the last column
    Scaling scaling = {}; ///< a scaling found before: its columns are the features, in its order,
                          ///< and nothing is fitted
};

/// A table of named columns, each of numbers or of texts, with gaps. Every step gives a table, so
/// that steps are written as a chain; a chain that starts from a temporary copies nothing:
///
///     auto [train, test] = read_csv("data.csv").drop_missing().map("label", {{"positive", 1},
///     {"negative", 0}})
///                              .standardize().split({.test = 0.2f, .seed = 42});
///
/// Errors    lamina::Error, naming the file, line, column and text of the cell that is in the way.
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

// ---- rows

inline Table::Rows Table::all_rows() const {
    Rows rows(this->rows());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    return rows;
}

inline void Table::keep(std::span<std::size_t const> rows) {
    for (std::size_t row : rows) {
        if (row >= this->rows()) {
            throw Error(Error::Kind::argument, "Table::take",
                        "row " + std::to_string(row) + " of " + std::to_string(this->rows()) + ".");
        }
    }
    std::vector<std::size_t> lines;
    lines.reserve(rows.size());
    for (std::size_t row : rows) lines.push_back(lines_.at(row));
    for (Column& column : columns_) {
        if (column.is_text()) {
            std::size_t bytes = 0;
            for (std::size_t row : rows) bytes += column.texts_[row].size();
            Texts texts;
            texts.reserve(rows.size(), bytes);
            for (std::size_t row : rows) {
                if (column.texts_.missing(row)) texts.push_missing();
                else texts.push_back(column.texts_[row]);
            }
            column.texts_ = std::move(texts);
        } else {
            std::vector<double> numbers;
            numbers.reserve(rows.size());
            for (std::size_t row : rows) numbers.push_back(column.numbers_[row]);
            column.numbers_ = std::move(numbers);
        }
    }
    lines_.each = std::move(lines);
}

inline Table Table::drop_missing(Names const& columns) && {
    Rows const looked_at = find_all(columns);
    std::vector<char> gap(rows());
    auto const look = [&](Column const& column) {
        for (std::size_t row = 0; row < gap.size(); ++row)
            gap[row] = char(gap[row] | column.missing(row));
    };
    for (std::size_t c : looked_at) look(columns_[c]);
    if (columns.empty()) {
        for (Column const& column : columns_) look(column);
    }
    Rows whole;
    for (std::size_t row = 0; row < gap.size(); ++row) {
        if (!gap[row]) whole.push_back(row);
    }
    if (whole.size() < rows()) keep(whole);
    return std::move(*this);
}

template <class F>
Table Table::filter(std::string_view name, F wanted) && {
    Column const& column = columns_[find(name)];
    Rows kept;
    if constexpr (std::is_invocable_r_v<bool, F, double>) {
        if (column.is_text()) throw_text(column);
        for (std::size_t row = 0; row < rows(); ++row) {
            if (wanted(column.numbers_[row])) kept.push_back(row);
        }
    } else {
        static_assert(
            std::is_invocable_r_v<bool, F, std::string_view>,
            "filter takes a function of a double or a std::string_view that returns bool.");
        Texts const& values = texts(name);
        for (std::size_t row = 0; row < rows(); ++row) {
            if (wanted(values[row])) kept.push_back(row);
        }
    }
    keep(kept);
    return std::move(*this);
}

inline Table Table::take(std::span<std::size_t const> rows) && {
    keep(rows);
    return std::move(*this);
}

inline Table Table::head(std::size_t n) const {
    Rows first(std::min(n, rows()));
    std::iota(first.begin(), first.end(), std::size_t{0});
    Table table;
    table.source_ = source_;
    table.lines_ = lines_;
    for (Column const& column :
         columns_) { // row by row, so that a glance at a large table is cheap
        Column part = column.is_text() ? Column(column.name_, Texts())
                                       : Column(column.name_, std::vector<double>());
        for (std::size_t row : first) {
            if (!column.is_text()) part.numbers_.push_back(column.numbers_[row]);
            else if (column.texts_.missing(row)) part.texts_.push_missing();
            else part.texts_.push_back(column.texts_[row]);
        }
        part.classes_ = column.classes_;
        part.group_ = column.group_;
        part.field_ = column.field_;
        part.pending_ = column.pending_;
        table.columns_.push_back(std::move(part));
    }
    return table;
}

namespace detail {

/// Fisher and Yates' shuffle: every order is as likely as any other, and the same on every machine.
inline void shuffle(std::span<std::size_t> values, Random random) {
    for (std::size_t i = values.size(); i > 1; --i)
        std::swap(values[i - 1], values[random.below(i, i)]);
}

} // namespace detail

inline Table Table::shuffle(std::uint64_t seed) && {
    Rows order = all_rows();
    detail::shuffle(order, Random{seed});
    keep(order);
    return std::move(*this);
}

// ---- gaps

inline Table Table::fill_missing(Names const& columns, double value) && {
    for (std::size_t c : find_all(columns)) {
        Column& column = columns_[c];
        settled(column, "fill_missing");
        if (column.is_text()) throw_text(column);
        for (double& v : column.numbers_) {
            if (detail::is_missing(v)) v = value;
        }
    }
    return std::move(*this);
}

inline Table Table::fill_missing(Names const& columns, std::string_view value) && {
    for (std::size_t c : find_all(columns)) {
        Column& column = columns_[c];
        settled(column, "fill_missing");
        if (column.is_number() && column.missing() < column.size()) {
            throw Error(Error::Kind::argument, where(column),
                        "holds numbers; its gaps take a number, not a text.");
        }
        Texts texts;
        for (std::size_t row = 0; row < column.size(); ++row) {
            texts.push_back(column.missing(row) ? value : column.texts_[row]);
        }
        column.texts_ = std::move(texts);
        column.numbers_.clear();
        column.text_ = true;
    }
    return std::move(*this);
}

inline void Table::fill(std::size_t c, Fill what) {
    Column& column = columns_[c];
    std::size_t const n = column.size() - column.missing();
    if (n == column.size()) return;
    settled(column, "fill_missing");
    if (n == 0)
        throw Error(Error::Kind::data, where(column),
                    "has no value at all to fill its gaps from. Use drop.");
    if (column.is_text()) {
        if (what != Fill::most_frequent) throw_text(column);
        std::vector<std::string_view> values;
        for (std::size_t row = 0; row < column.size(); ++row) {
            if (!column.missing(row)) values.push_back(column.texts_[row]);
        }
        std::sort(values.begin(), values.end());
        std::string_view best;
        for (std::size_t i = 0, most = 0; i < n;) {
            std::size_t const end = std::size_t(
                std::upper_bound(values.begin(), values.end(), values[i]) - values.begin());
            if (end - i > most) {
                most = end - i;
                best = values[i];
            }
            i = end;
        }
        Texts texts;
        for (std::size_t row = 0; row < column.size(); ++row) {
            texts.push_back(column.missing(row) ? best : column.texts_[row]);
        }
        column.texts_ = std::move(texts);
        return;
    }
    std::vector<double> values;
    values.reserve(n);
    for (double v : column.numbers_) {
        if (!detail::is_missing(v)) values.push_back(v);
    }
    double value = 0;
    if (what == Fill::mean) {
        for (double v : values) value += v / double(n);
    } else {
        std::sort(values.begin(), values.end());
        value = values[(n - 1) / 2] / 2 + values[n / 2] / 2;
        if (what == Fill::most_frequent) {
            for (std::size_t i = 0, most = 0; i < n;) {
                std::size_t const end = std::size_t(
                    std::upper_bound(values.begin(), values.end(), values[i]) - values.begin());
                if (end - i > most) {
                    most = end - i;
                    value = values[i];
                }
                i = end;
            }
        }
    }
    for (double& v : column.numbers_) {
        if (detail::is_missing(v)) v = value;
    }
}

inline Table Table::fill_missing(Names const& columns, Fill what) && {
    for (std::size_t c : find_all(columns)) fill(c, what);
    return std::move(*this);
}

inline Table Table::fill_missing(Fill what) && {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        if (columns_[c].is_number() || what == Fill::most_frequent) fill(c, what);
    }
    return std::move(*this);
}

// ---- columns

inline Table Table::select(Names const& names) && {
    std::vector<Column> chosen;
    Rows const places = find_all(names);
    std::vector<char> taken(columns_.size());
    for (std::size_t c : places) {
        if (taken[c]++) {
            throw Error(Error::Kind::argument, where(columns_[c]),
                        "select names it twice. Name each column once.");
        }
    }
    for (std::size_t c : places) chosen.push_back(std::move(columns_[c]));
    columns_ = std::move(chosen);
    return std::move(*this);
}

inline Table Table::select(Names const& names) const& {
    Table table;
    table.source_ = source_;
    table.lines_ = lines_;
    for (std::size_t c : find_all(names)) table.columns_.push_back(columns_[c]);
    return std::move(table).select(names);
}

inline Table Table::drop(Names const& names) && {
    find_all(names);
    std::erase_if(columns_, [&](Column const& c) { return names.contains(c.name()); });
    return std::move(*this);
}

inline Table Table::rename(std::string_view from, std::string to) && {
    Column& column = columns_[find(from)];
    if (to != from && contains(to)) {
        throw Error(Error::Kind::argument, where(column),
                    "there is a column " + detail::quoted(to) + " already.");
    }
    column.name_ = std::move(to);
    column.group_.clear();
    return std::move(*this);
}

inline Table
Table::rename(std::initializer_list<std::pair<std::string_view, std::string_view>> names) && {
    Rows places;
    for (auto const& [from, to] : names) places.push_back(find(from));
    std::size_t i = 0;
    for (auto const& [from, to] : names) { // all at once, so that names can be swapped
        columns_[places[i]].name_ = to;
        columns_[places[i++]].group_.clear();
    }
    check();
    return std::move(*this);
}

inline Table Table::add(std::string name, std::vector<double> numbers) && {
    columns_.emplace_back(std::move(name), std::move(numbers));
    check();
    return std::move(*this);
}

inline Table Table::add(std::string name, std::vector<std::string> const& texts) && {
    Texts column;
    for (std::string const& text : texts) column.push_back(text);
    columns_.emplace_back(std::move(name), std::move(column));
    check();
    return std::move(*this);
}

// ---- values

inline Table Table::map(std::string_view name, std::initializer_list<MapRule> rules) && {
    Column& column = columns_[find(name)];
    settled(column, "map");
    std::vector<double> mapped;
    mapped.reserve(column.size());
    for (std::size_t row = 0; row < column.size(); ++row) {
        if (column.missing(row)) {
            mapped.push_back(detail::missing_number);
            continue;
        }
        MapRule const* const rule = std::find_if(rules.begin(), rules.end(), [&](MapRule const& r) {
            if (r.is_text != column.is_text()) return false;
            return r.is_text
                       ? r.text == column.texts_[row]
                       : !(r.number < column.numbers_[row]) && !(r.number > column.numbers_[row]);
        });
        if (rule != rules.end()) {
            mapped.push_back(rule->to);
            continue;
        }
        std::string known;
        for (MapRule const& r : rules) {
            known += (known.empty() ? "" : ", ") +
                     (r.is_text ? detail::quoted(r.text) : detail::short_number(r.number));
        }
        std::string const found = column.is_text()
                                      ? detail::quoted(column.texts_[row])
                                      : "the number " + detail::short_number(column.numbers_[row]);
        throw Error(Error::Kind::data, where(row, column),
                    found + " is not in the map, which has " + known + ".");
    }
    // Whole numbers 0, 1, ... are classes, and their texts worth keeping.
    std::vector<std::string> classes(rules.size());
    std::size_t count = 0;
    bool are_classes = true;
    for (MapRule const& r : rules) {
        std::size_t const k = r.to >= 0 && r.to < double(rules.size()) ? std::size_t(r.to) : 0;
        are_classes = are_classes && double(k) == r.to;
        std::string text = r.is_text ? std::string(r.text) : detail::short_number(r.number);
        if (are_classes && classes[k].empty()) {
            classes[k] = text.empty() ? "\"\"" : std::move(text);
            ++count;
        }
    }
    classes.resize(count);
    for (std::string const& text : classes) are_classes = are_classes && !text.empty();
    if (!are_classes) classes.clear();
    column.numbers_ = std::move(mapped);
    column.texts_ = {};
    column.text_ = false;
    column.classes_ = std::move(classes);
    return std::move(*this);
}

template <class F>
requires std::is_invocable_r_v<double, F, double> ||
    std::is_invocable_r_v<double, F, std::string_view>
        Table Table::map(std::string_view name, F f) && {
    Column& column = columns_[find(name)];
    settled(column, "map");
    std::vector<double> mapped(column.size(), detail::missing_number);
    if constexpr (std::is_invocable_r_v<double, F, double>) {
        if (column.is_text()) throw_text(column);
    } else {
        texts(name); // throws for numbers
    }
    for (std::size_t row = 0; row < mapped.size(); ++row) {
        if (column.missing(row)) continue;
        if constexpr (std::is_invocable_r_v<double, F, double>)
            mapped[row] = f(column.numbers_[row]);
        else mapped[row] = f(column.texts_[row]);
    }
    column.numbers_ = std::move(mapped);
    column.texts_ = {};
    column.text_ = false;
    column.classes_.clear();
    return std::move(*this);
}

inline std::vector<std::string> Table::categories(Column const& column, std::size_t limit,
                                                  char const* step) const {
    std::vector<std::string> texts;
    std::vector<double> numbers;
    for (std::size_t row = 0; row < column.size(); ++row) {
        if (column.missing(row)) continue;
        if (column.is_text()) {
            std::string_view const text = column.texts_[row];
            auto const at = std::lower_bound(texts.begin(), texts.end(), text);
            if (at == texts.end() || *at != text) texts.emplace(at, text);
        } else {
            double const v = column.numbers_[row];
            auto const at = std::lower_bound(numbers.begin(), numbers.end(), v);
            if (at == numbers.end() || *at > v) numbers.insert(at, v);
        }
        if (std::max(texts.size(), numbers.size()) <= limit) continue;
        throw Error(Error::Kind::data, where(column),
                    "has more than " + std::to_string(limit) + " different values. " + step +
                        " is for categories; leave the column out with drop(" +
                        detail::quoted(column.name()) + ") or raise the limit.");
    }
    for (double v : numbers) detail::append_number(texts.emplace_back(), v);
    return texts;
}

inline Table Table::encode(std::string_view name, std::size_t limit) && {
    Column& column = columns_[find(name)];
    Texts const& texts = this->texts(name);
    std::vector<std::string> classes = categories(column, limit, "encode");
    std::vector<double> codes(column.size(), detail::missing_number);
    for (std::size_t row = 0; row < codes.size(); ++row) {
        if (column.missing(row)) continue;
        codes[row] =
            double(std::lower_bound(classes.begin(), classes.end(), texts[row]) - classes.begin());
    }
    column.numbers_ = std::move(codes);
    column.texts_ = {};
    column.text_ = false;
    column.classes_ = std::move(classes);
    return std::move(*this);
}

inline Table Table::one_hot(Names const& names, std::size_t limit) && {
    for (std::string const& name : names) {
        std::size_t const place = find(name);
        settled(columns_[place], "one_hot");
        std::vector<std::string> const values = categories(columns_[place], limit, "one_hot");
        Column const old = std::move(columns_[place]);
        std::vector<Column> made;
        for (std::string const& value : values) {
            double number = 0;
            if (!old.is_text()) detail::parse_number(value, number);
            std::vector<double> flags(old.size());
            for (std::size_t row = 0; row < flags.size(); ++row) {
                bool const same =
                    old.is_text() ? old.texts_[row] == value
                                  : !(old.numbers_[row] < number) && !(old.numbers_[row] > number);
                flags[row] = old.missing(row) ? detail::missing_number : same;
            }
            Column& column = made.emplace_back(name + "_" + value, std::move(flags));
            column.group_ = name;
            column.field_ = old.field_;
        }
        columns_.erase(columns_.begin() + std::ptrdiff_t(place));
        columns_.insert(columns_.begin() + std::ptrdiff_t(place), made.begin(), made.end());
        check();
    }
    return std::move(*this);
}

// ---- scaling

inline Table Table::standardize(Names const& names) && {
    for (std::size_t c : find_all(names)) {
        if (columns_[c].is_text()) throw_text(columns_[c]);
        columns_[c].pending_ = {Pending::Kind::standard, 0, 1, true};
    }
    for (Column& column : columns_) {
        if (names.empty() && column.is_number())
            column.pending_ = {Pending::Kind::standard, 0, 1, false};
    }
    return std::move(*this);
}

inline Table Table::min_max(Names const& names, double low, double high) && {
    if (!(low < high) || !detail::is_finite(low) || !detail::is_finite(high)) {
        throw Error(Error::Kind::argument, "min_max",
                    "from " + detail::short_number(low) + " to " + detail::short_number(high) +
                        " is no range. The first number must be the lower one.");
    }
    for (std::size_t c : find_all(names)) {
        if (columns_[c].is_text()) throw_text(columns_[c]);
        columns_[c].pending_ = {Pending::Kind::min_max, low, high, true};
    }
    for (Column& column : columns_) {
        if (names.empty() && column.is_number())
            column.pending_ = {Pending::Kind::min_max, low, high, false};
    }
    return std::move(*this);
}

inline Scaling Table::fit(Rows const& columns, Rows const& rows, bool label) const {
    Scaling scaling;
    for (std::size_t c : columns) {
        Column const& column = columns_[c];
        Pending const pending = label && !column.pending_.asked ? Pending{} : column.pending_;
        double offset = 0, scale = 1;
        if (pending.kind != Pending::Kind::none && !rows.empty()) {
            double low = column.numbers_[rows.front()], high = low;
            for (std::size_t row : rows) {
                low = std::min(low, column.numbers_[row]);
                high = std::max(high, column.numbers_[row]);
            }
            bool const constant = !(low < high);
            if (pending.kind == Pending::Kind::min_max) {
                scale = constant ? 1 : (high - low) / (pending.high - pending.low);
                offset = low - pending.low * scale;
            } else if (constant) {
                offset = low; // exactly, so that exactly 0 is left
            } else {
                // Centred first: the mean of values around the lowest loses nothing to its own
                // size.
                double sum = 0, square = 0;
                for (std::size_t row : rows) sum += column.numbers_[row] - low;
                offset = low + sum / double(rows.size());
                for (std::size_t row : rows) {
                    square += (column.numbers_[row] - offset) * (column.numbers_[row] - offset);
                }
                scale = std::sqrt(square / double(rows.size()));
            }
            if (!detail::is_finite(offset) || !detail::is_finite(scale) || !(scale > 0)) {
                throw Error(Error::Kind::data, where(column),
                            "cannot be scaled: its values, from " + detail::short_number(low) +
                                " to " + detail::short_number(high) +
                                ", are too far apart or too close together.");
            }
        }
        scaling.names.push_back(column.name());
        scaling.offset.push_back(offset);
        scaling.scale.push_back(scale);
    }
    return scaling;
}

inline Scaling Table::match(Scaling const& scaling, Rows& columns) const {
    columns = find_all(Names(scaling.names));
    if (scaling.names.size() != scaling.offset.size() ||
        scaling.offset.size() != scaling.scale.size()) {
        throw Error(Error::Kind::argument, "Scaling", "names, offset and scale differ in length.");
    }
    for (std::size_t c : columns) settled(columns_[c], "A scaling found before");
    return scaling;
}

// ---- out

inline Table::Rows Table::labels(Names const& label) const {
    if (columns_.empty())
        throw Error(Error::Kind::data, source_.empty() ? "table" : source_, "has no columns.");
    Rows found;
    for (std::string const& name : label.empty() ? Names(columns_.back().group()) : label) {
        std::size_t const before = found.size();
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            if (columns_[c].name() == name || columns_[c].group() == name) found.push_back(c);
        }
        if (found.size() == before) find(name); // throws
    }
    return found;
}

inline Table::Rows Table::features(Rows const& labels) const {
    Rows rest;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        if (std::find(labels.begin(), labels.end(), c) == labels.end()) rest.push_back(c);
    }
    if (rest.empty()) {
        throw Error(Error::Kind::data, source_.empty() ? "table" : source_,
                    "nothing is left to predict from: every column is a label.");
    }
    return rest;
}

/// Throws unless every value of these columns is a number.
inline void Table::ready(Rows const& columns) const {
    for (std::size_t c : columns) {
        if (columns_[c].is_text()) throw_text(columns_[c]);
    }
    if (rows() == 0) {
        throw Error(Error::Kind::data, source_.empty() ? "table" : source_, "no rows are left.");
    }
    for (std::size_t c : columns) {
        for (std::size_t row = 0; row < rows(); ++row) {
            if (!columns_[c].missing(row)) continue;
            throw Error(Error::Kind::data, where(row, columns_[c]),
                        "is a gap where a number is needed. Use drop_missing() or fill_missing(" +
                            detail::quoted(columns_[c].name()) + ", Fill::mean).");
        }
    }
}

template <class T>
Tensor<T, 2> Table::gather(Rows const& columns, Rows const& rows, Scaling const& scaling) const {
    auto to = Tensor<T, 2>::from_shape(std::array<std::size_t, 2>{rows.size(), columns.size()});
    T* out = to.data();
    for (std::size_t row : rows) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            double const value = columns_[columns[i]].numbers_[row];
            double const scaled = scaling.empty() ? value : scaling.apply(i, value);
            *out = static_cast<T>(scaled);
            if (!detail::is_finite(*out++)) {
                throw Error(Error::Kind::data, where(row, columns_[columns[i]]),
                            detail::short_number(value) + " does not fit a " +
                                (std::is_same_v<T, float> ? "float (3.4e38)."
                                                          : "double once it is scaled."));
            }
        }
    }
    return to;
}

template <class T>
Tensor<T, 2> Table::to_tensor() const {
    Rows columns(columns_.size());
    std::iota(columns.begin(), columns.end(), std::size_t{0});
    ready(columns);
    return gather<T>(columns, all_rows(), fit(columns, all_rows(), false));
}

template <class T>
Tensor<T, 2> Table::to_tensor(Scaling const& scaling) const {
    Rows columns;
    match(scaling, columns);
    ready(columns);
    return gather<T>(columns, all_rows(), scaling);
}

inline Dataset Table::dataset(Rows const& x, Rows const& y, Rows const& rows, Scaling const& of_x,
                              Scaling const& of_y) const {
    Dataset set;
    set.x = gather<float>(x, rows, of_x);
    set.y = gather<float>(y, rows, of_y);
    for (std::size_t c : x) set.features.push_back(columns_[c].name());
    for (std::size_t c : y) set.targets.push_back(columns_[c].name());
    if (y.size() == 1) set.classes = columns_[y.front()].classes();
    if (y.size() > 1 && columns_[y.front()].group() != columns_[y.front()].name()) { // one_hot
        for (std::size_t c : y)
            set.classes.push_back(columns_[c].name().substr(columns_[c].group().size() + 1));
    }
    set.scaling = of_x;
    set.target_scaling = of_y;
    return set;
}

inline Dataset Table::to_dataset(DatasetOptions const& options) const {
    Rows const y = labels(options.label);
    Rows x;
    if (options.scaling.empty()) x = features(y);
    else match(options.scaling, x);
    Rows used = x;
    used.insert(used.end(), y.begin(), y.end());
    ready(used);
    Rows const rows = all_rows();
    return dataset(x, y, rows, options.scaling.empty() ? fit(x, rows, false) : options.scaling,
                   fit(y, rows, true));
}

/// A class number for each row: which value the label has, or which of its one-hot columns is the
/// largest.
inline std::vector<std::size_t> Table::classes_of_rows(Rows const& labels) const {
    std::vector<std::size_t> classes(rows());
    if (labels.size() > 1) {
        for (std::size_t row = 0; row < rows(); ++row) {
            for (std::size_t i = 1; i < labels.size(); ++i) {
                auto const value = [&](std::size_t k) { return columns_[labels[k]].numbers_[row]; };
                if (value(i) > value(classes[row])) classes[row] = i;
            }
        }
        return classes;
    }
    Column const& label = columns_[labels.front()];
    std::vector<double> values = label.numbers_;
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.size() > std::max<std::size_t>(2, rows() / 2)) {
        throw Error(Error::Kind::data, where(label),
                    "has " + std::to_string(values.size()) + " different values in " +
                        detail::counted(rows(), "row") +
                        ": these are no classes to stratify by. Use .stratified = false.");
    }
    for (std::size_t row = 0; row < rows(); ++row) {
        classes[row] = std::size_t(
            std::lower_bound(values.begin(), values.end(), label.numbers_[row]) - values.begin());
    }
    return classes;
}

namespace detail {

/// Takes the last `count` of the rows, or as many of each class as is its share (largest remainders
/// first, and never the whole of a class of several rows). Both parts keep their order.
inline std::vector<std::size_t> take_part(std::vector<std::size_t>& rows, std::size_t count,
                                          std::span<std::size_t const> class_of_row) {
    std::vector<std::size_t> part;
    if (class_of_row.empty()) {
        part.assign(rows.end() - std::ptrdiff_t(count), rows.end());
        rows.resize(rows.size() - count);
        return part;
    }
    std::vector<std::size_t> sizes;
    for (std::size_t row : rows) {
        if (class_of_row[row] >= sizes.size()) sizes.resize(class_of_row[row] + 1);
        ++sizes[class_of_row[row]];
    }
    std::vector<std::size_t> quota(sizes.size()), by_remainder(sizes.size());
    std::vector<double> remainder(sizes.size());
    std::size_t given = 0;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
        double const share = double(count) * double(sizes[k]) / double(rows.size());
        quota[k] = std::size_t(share);
        remainder[k] = share - double(quota[k]);
        given += quota[k];
        by_remainder[k] = k;
    }
    std::stable_sort(by_remainder.begin(), by_remainder.end(),
                     [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
    for (int whole = 0; whole < 2; ++whole) { // classes are used up only if nothing else is left
        for (std::size_t k : by_remainder) {
            if (given < count && quota[k] + (whole ? 0 : 1) < sizes[k]) {
                ++quota[k];
                ++given;
            }
        }
    }
    std::vector<char> taken(rows.size());
    for (std::size_t i = rows.size(); i-- > 0;) {
        std::size_t& left = quota[class_of_row[rows[i]]];
        if (left == 0) continue;
        --left;
        taken[i] = 1;
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (taken[i]) part.push_back(rows[i]);
        else rows[kept++] = rows[i];
    }
    rows.resize(kept);
    return part;
}

} // namespace detail

inline std::vector<Dataset> Table::parts(SplitInThreeOptions const& options, bool three) const {
    Rows const y = labels(options.label), x = features(y);
    Rows used = x;
    used.insert(used.end(), y.begin(), y.end());
    ready(used);

    auto const count = [&](float share, std::size_t number, char const* option) {
        if (number == 0 && !(share >= 0 && share < 1)) {
            throw Error(
                Error::Kind::argument, "split",
                std::string(option) + " = " + detail::short_number(double(share)) +
                    " is no share of the rows. It is from 0 to less than 1; a number of rows is " +
                    option + "_rows.");
        }
        std::size_t const n =
            number ? number : std::size_t(std::llround(double(share) * double(rows())));
        if ((n == 0 && share > 0) || n >= rows()) {
            throw Error(Error::Kind::argument, "split",
                        std::string(option) + " would get " + std::to_string(n) + " of " +
                            detail::counted(rows(), "row") +
                            ", and every part needs at least one.");
        }
        return n;
    };
    std::size_t const test = count(options.test, options.test_rows, ".test");
    std::size_t const validation =
        three ? count(options.validation, options.validation_rows, ".validation") : 0;
    if (test + validation >= rows()) {
        throw Error(Error::Kind::argument, "split",
                    std::to_string(validation) + " rows to validate and " + std::to_string(test) +
                        " to test leave none of " + detail::counted(rows(), "row") + " to train.");
    }

    bool const one_hot = y.size() > 1 && columns_[y.front()].group() == columns_[y.back()].group();
    bool const known_classes = one_hot || (y.size() == 1 && !columns_[y.front()].classes().empty());
    if (options.stratified.value_or(false) && y.size() > 1 && !one_hot) {
        throw Error(Error::Kind::argument, "split",
                    "several labels are no classes to stratify by. Use .stratified = false.");
    }
    std::vector<std::size_t> const classes = options.stratified.value_or(known_classes)
                                                 ? classes_of_rows(y)
                                                 : std::vector<std::size_t>();

    Rows train = all_rows();
    if (options.shuffle) detail::shuffle(train, Random{options.seed});
    Rows const test_rows = detail::take_part(train, test, classes);
    Rows const validation_rows = detail::take_part(train, validation, classes);
    Scaling const of_x = fit(x, train, false), of_y = fit(y, train, true);
    std::vector<Dataset> sets;
    sets.push_back(dataset(x, y, train, of_x, of_y));
    sets.push_back(dataset(x, y, validation_rows, of_x, of_y));
    sets.push_back(dataset(x, y, test_rows, of_x, of_y));
    return sets;
}

inline Split Table::split(SplitOptions const& options) const {
    std::vector<Dataset> sets = parts({.validation = 0,
                                       .test = options.test,
                                       .validation_rows = 0,
                                       .test_rows = options.test_rows,
                                       .seed = options.seed,
                                       .shuffle = options.shuffle,
                                       .stratified = options.stratified,
                                       .label = options.label},
                                      false);
    return {std::move(sets[0]), std::move(sets[2])};
}

inline SplitInThree Table::split_in_three(SplitInThreeOptions const& options) const {
    std::vector<Dataset> sets = parts(options, true);
    return {std::move(sets[0]), std::move(sets[1]), std::move(sets[2])};
}

} // namespace lamina
