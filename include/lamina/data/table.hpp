// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/dataset.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/scaling.hpp>
#include <lamina/data/split.hpp>

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
        if (each.empty() && line == first + row) return;
        for (std::size_t i = each.size(); i < row; ++i) each.push_back(first + i);
        if (row == each.size()) each.push_back(line);
    }
};

/// What fill_missing puts into gaps.
enum class Fill { mean, median, most_frequent };

namespace detail {

template <class T>
concept Arithmetic = std::is_arithmetic_v<T>;

/// A function that gives a number for the number or the text of a cell.
template <class F>
concept ValueFunction =
    std::is_invocable_r_v<double, F, double> || std::is_invocable_r_v<double, F, std::string_view>;

} // namespace detail

/// One line of a map: {"positive", 1} or {4, 1}.
struct MapRule {
    template <detail::Arithmetic T>
    MapRule(std::string_view from, T value)
        : text(from), is_text(true), to(static_cast<double>(value)) {}
    template <detail::Arithmetic F, detail::Arithmetic T>
    MapRule(F from, T value) : number(static_cast<double>(from)), to(static_cast<double>(value)) {}

    std::string_view text = {};
    double number = 0;
    bool is_text = false;
    double to = 0;
};

struct DatasetOptions {
    /// What is to be predicted; not given: the last column.
    ColumnNames label = {};
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
    /// A table that came from a file whose columns are these, in order, and of one length.
    Table(std::vector<Column> columns, std::string source, Lines lines)
        : columns_(std::move(columns)), source_(std::move(source)), lines_(std::move(lines)) {
        for (std::size_t c = 0; c < columns_.size(); ++c) columns_[c].field_ = c + 1;
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
    [[gnu::cold]] std::string where(std::size_t row, std::string_view name) const {
        return where(row, columns_[find(name)]);
    }
    /// For each column: what it holds, gaps, mean, standard deviation (of the sample), minimum,
    /// median, maximum.
    std::string describe() const;

    // Rows

    /// Without the rows that have a gap, in these columns or in any.
    Table drop_missing(ColumnNames const& columns = {}) &&;
    Table drop_missing(ColumnNames const& columns = {}) const& {
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
    Table fill_missing(ColumnNames const& columns, double value) &&;
    Table fill_missing(ColumnNames const& columns, std::string_view value) &&;
    Table fill_missing(ColumnNames const& columns, Fill what) &&;
    /// Fills the gaps of every column; mean and median leave text alone.
    Table fill_missing(Fill what) &&;
    Table fill_missing(ColumnNames const& columns, double value) const& {
        return Table(*this).fill_missing(columns, value);
    }
    Table fill_missing(ColumnNames const& columns, std::string_view value) const& {
        return Table(*this).fill_missing(columns, value);
    }
    Table fill_missing(ColumnNames const& columns, Fill what) const& {
        return Table(*this).fill_missing(columns, what);
    }
    Table fill_missing(Fill what) const& { return Table(*this).fill_missing(what); }

    // Columns

    /// These columns, in this order.
    Table select(ColumnNames const& columns) &&;
    Table select(ColumnNames const& columns) const&;
    Table drop(ColumnNames const& columns) &&;
    Table drop(ColumnNames const& columns) const& { return Table(*this).drop(columns); }
    Table rename(std::string_view from, std::string to) &&;
    [[gnu::cold]] Table rename(std::string_view from, std::string to) const& {
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
    [[gnu::cold]] Table add(std::string name, std::vector<double> numbers) const& {
        return Table(*this).add(std::move(name), std::move(numbers));
    }
    [[gnu::cold]] Table add(std::string name, std::vector<std::string> const& texts) const& {
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
    template <detail::ValueFunction F>
    Table map(std::string_view column, F f) &&;
    template <detail::ValueFunction F>
    Table map(std::string_view column, F f) const& {
        return Table(*this).map(column, f);
    }
    /// Numbers 0, 1, ... for the different texts in alphabetical order, which Dataset::classes
    /// keeps for a label.
    Table encode(std::string_view column, std::size_t limit = 1024) &&;
    Table encode(std::string_view column, std::size_t limit = 1024) const& {
        return Table(*this).encode(column, limit);
    }
    /// A column of 0 and 1 for each different value v, named column_v, where the column stood. A
    /// gap stays a gap in each. The old name means them all where a label is asked for. More than
    /// `limit` values are an error: such a column is no category.
    Table one_hot(ColumnNames const& columns, std::size_t limit = 1024) &&;
    Table one_hot(ColumnNames const& columns, std::size_t limit = 1024) const& {
        return Table(*this).one_hot(columns, limit);
    }
    /// The same for new rows of a model that is trained: the columns that its scaling names, though
    /// here not every value may be. A value that was not there in training is an error.
    ///
    ///     model.predict(read_csv("new.csv").one_hot("venue", model.scaling)
    ///                       .to_tensor(model.scaling));
    Table one_hot(ColumnNames const& columns, Scaling const& known) &&;
    Table one_hot(ColumnNames const& columns, Scaling const& known) const& {
        return Table(*this).one_hot(columns, known);
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
    Table standardize(ColumnNames const& columns = {}) &&;
    Table standardize(ColumnNames const& columns = {}) const& {
        return Table(*this).standardize(columns);
    }
    /// From low to high. A constant column becomes low.
    Table min_max(ColumnNames const& columns = {}, double low = 0, double high = 1) &&;
    Table min_max(ColumnNames const& columns = {}, double low = 0, double high = 1) const& {
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
    Rows find_all(ColumnNames const& names) const;
    std::string_view file() const { return source_.empty() ? "table" : std::string_view(source_); }
    std::string where(std::size_t row, Column const& column) const;
    std::string where(Column const& column) const;
    [[noreturn, gnu::cold]] void fail_text(Column const& column) const;
    [[noreturn, gnu::cold]] void fail_unknown(std::string_view name) const;
    char const* hint_of_separator() const;
    void split_up(std::size_t place, std::vector<std::string> const& values);
    [[noreturn]] void fail_map(Column const& column, std::size_t row,
                               std::initializer_list<MapRule> rules) const;
    void settled(Column const& column, char const* step) const;
    void keep(std::span<std::size_t const> rows);
    void fill(std::size_t c, Fill what);
    std::vector<std::string> categories(Column const& column, std::size_t limit,
                                        char const* step) const;

    Rows all_rows() const;
    Rows labels(ColumnNames const& label) const;
    Rows features(Rows const& labels) const;
    void ready(Rows const& columns) const;
    Scaling fit(Rows const& columns, Rows const& rows, bool label) const;
    Rows match(Scaling const& scaling) const;
    template <class T>
    Tensor<T, 2> gather(Rows const& columns, Rows const& rows, Scaling const& scaling) const;
    void gather(Dataset& to, Rows const& x, Rows const& y, Rows const& rows) const;
    std::vector<std::size_t> classes_of_rows(Rows const& labels) const;

    std::vector<Column> columns_;
    std::string source_; // the file, or empty
    Lines lines_;
};

// ---- looking up, and saying where

namespace detail {

/// Two equal names among n: their places, or n and n. By a hash table (FNV-1a; Fowler, Noll, Vo).
template <class NameAt>
std::pair<std::size_t, std::size_t> find_twice(std::size_t n, NameAt name_at) {
    std::size_t mask = 1;
    while (mask < 2 * n) mask *= 2;
    std::vector<std::size_t> places(mask--, n);
    for (std::size_t i = 0; i < n; ++i) {
        std::string_view const name = name_at(i);
        std::uint64_t hash = 0xcbf29ce484222325;
        for (char const c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        std::size_t slot = hash & mask;
        for (; places[slot] != n; slot = (slot + 1) & mask) {
            if (name_at(places[slot]) == name) return {places[slot], i};
        }
        places[slot] = i;
    }
    return {n, n};
}

} // namespace detail

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void Table::check() const {
    for (Column const& c : columns_) {
        if (c.size() == rows()) continue;
        detail::fail(Error::Kind::argument, {file()},
                     {"column ", detail::Quoted{c.name()}, " has ",
                      detail::Counted{c.size(), "row"}, ", column ",
                      detail::Quoted{columns_.front().name()}, " has ", rows(), "."});
    }
    auto const [first, second] = detail::find_twice(
        columns_.size(), [&](std::size_t c) -> std::string_view { return columns_[c].name(); });
    if (first == second) return;
    detail::fail(Error::Kind::argument, {file()},
                 {"two columns have the name ", detail::Quoted{columns_[first].name()},
                  ". Names tell columns apart."});
}

[[gnu::cold]] LAMINA_INLINE std::vector<std::string> Table::names() const {
    std::vector<std::string> names;
    for (Column const& c : columns_) names.push_back(c.name());
    return names;
}

[[gnu::cold]] LAMINA_INLINE bool Table::contains(std::string_view name) const {
    for (Column const& c : columns_) {
        if (c.name() == name) return true;
    }
    return false;
}

[[gnu::cold]] LAMINA_INLINE std::size_t Table::find(std::string_view name) const {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        if (columns_[c].name() == name) return c;
    }
    fail_unknown(name);
}

[[gnu::cold]] LAMINA_INLINE void Table::fail_unknown(std::string_view name) const {
    std::string known;
    for (std::size_t c = 0; c < columns_.size() && c < 12; ++c) {
        known += c == 0 ? "" : ", ";
        detail::append_quoted(known, columns_[c].name());
    }
    if (columns_.size() > 12) known += ", ...";
    detail::fail(Error::Kind::argument, {file()},
                 {"there is no column ", detail::Quoted{name}, " among its ",
                  detail::Counted{columns_.size(), "column"}, ": ", known, ".",
                  hint_of_separator()});
}

/// Where a file was read as one column, what may be the matter.
[[gnu::cold]] LAMINA_INLINE char const* Table::hint_of_separator() const {
    if (columns_.size() != 1) return "";
    std::string const& name = columns_.front().name();
    return name.find(';') != name.npos    ? " Is ; what separates them? Read it with {.separator = "
                                            "';'}."
           : name.find('\t') != name.npos ? " Do tabs separate them? Read it with {.separator = "
                                            "'\\t'}."
                                          : "";
}

[[gnu::cold]] LAMINA_INLINE Table::Rows Table::find_all(ColumnNames const& names) const {
    Rows found(names.size());
    for (std::size_t i = 0; i < found.size(); ++i) found[i] = find(names[i]);
    return found;
}

[[gnu::cold]] LAMINA_INLINE std::string Table::where(Column const& column) const {
    return detail::message({file(), " (column ", detail::Quoted{column.name()}, ")"});
}

[[gnu::cold]] LAMINA_INLINE std::string Table::where(std::size_t row, Column const& column) const {
    std::string at = source_;
    if (source_.empty()) at = detail::message({file(), ", row ", lines_.at(row)});
    else if (column.field_ == 0) at = detail::message({file(), ":", lines_.at(row)});
    else at = detail::message({file(), ":", lines_.at(row), ":", column.field_});
    return detail::message({at, " (column ", detail::Quoted{column.name()}, ")"});
}

#endif

namespace detail {

/// What is wrong with a cell that should be a number; `column` is the name above it.
std::string not_a_number(std::string_view text, std::string_view column);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE std::string not_a_number(std::string_view text,
                                                     std::string_view column) {
    std::string_view const bare = trimmed(text);
    char const* why = " is not a number (expected e.g. 4.7).";
    double value = 0;
    if (bare.empty()) {
        why = " is not a number. An empty cell is a gap only where .gaps lists \"\".";
    } else if (bare == column) {
        why = " is not a number but the column's name: is this the header a second time?";
    } else if (std::size_t const e = bare.find_first_of("eE"); e != bare.npos && e > 0) {
        // A number all through, which scan_number refused: it is too large.
        std::size_t const digits = bare.find_first_not_of("0123456789", e + 1);
        bool const sign = digits == e + 1 && (bare[digits] == '-' || bare[digits] == '+');
        std::size_t const first = sign ? digits + 1 : e + 1;
        if (first < bare.size() && bare.find_first_not_of("0123456789", first) == bare.npos &&
            parse_number(bare.substr(0, e), value)) {
            why = " is beyond the range of a double (1.8e308).";
        }
    } else {
        std::string changed(bare);
        for (char& c : changed) {
            if (c == ',') c = '.';
            else if (c >= 'A' && c <= 'Z') c = char(c + ('a' - 'A'));
        }
        bool const sign = changed.front() == '-' || changed.front() == '+';
        if (parse_number(changed, value)) {
            why = " is not a number (expected e.g. 4.7; the decimal point is '.' in every locale).";
        }
        for (char const* word : {"nan", "inf", "infinity", "n/a", "null", "none", "na", "?", "-"}) {
            if (changed == word || (sign && changed.compare(1, changed.npos, word) == 0)) {
                why = " is not a number. If it stands for a gap, list it in .gaps.";
            }
        }
    }
    return message({Quoted{text}, why});
}

#endif

} // namespace detail

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void Table::fail_text(Column const& column) const {
    // Mostly numbers: the cells that are none are the mistake. Mostly texts: the use is.
    std::size_t texts = 0, numbers = 0, first = 0;
    double value = 0;
    for (std::size_t row = 0; row < column.size(); ++row) {
        if (column.missing(row)) continue;
        if (detail::parse_number(column.texts_[row], value)) ++numbers;
        else if (texts++ == 0) first = row;
    }
    if (texts == 0) {
        detail::fail(Error::Kind::data, {where(column)},
                     {"this was read as text. To have numbers leave it out of .texts."});
    }
    std::string_view const text = column.texts_[first];
    if (numbers >= texts) {
        detail::fail(Error::Kind::data, {where(first, column)},
                     {detail::not_a_number(text, column.name())});
    }
    detail::Quoted const name{column.name()}, found{text};
    detail::fail(Error::Kind::data, {where(first, column)},
                 {found, " is text where a number is needed. Use map(", name, ", {{", found,
                  ", 1}, ...}), encode(", name, ") or one_hot(", name,
                  "), or leave it out with drop(", name, ")."});
}

[[gnu::cold]] LAMINA_INLINE void Table::settled(Column const& column, char const* step) const {
    if (column.pending_.kind == Pending::Kind::none) return;
    detail::fail(Error::Kind::argument, {where(column)},
                 {step, " changes values that standardize() or min_max() is to scale. Put it "
                        "before them."});
}

[[gnu::cold]] LAMINA_INLINE std::span<double const> Table::numbers(std::string_view name) const& {
    Column const& column = columns_[find(name)];
    if (column.is_text()) fail_text(column);
    return column.numbers();
}

[[gnu::cold]] LAMINA_INLINE Texts const& Table::texts(std::string_view name) const& {
    Column const& column = columns_[find(name)];
    if (column.is_number()) {
        detail::fail(Error::Kind::argument, {where(column)},
                     {"this holds numbers, not text. To read it as text name it in .texts."});
    }
    return column.texts();
}

[[gnu::cold]] LAMINA_INLINE std::string Table::describe() const {
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
        lines.back()[3] = detail::message({mean});
        if (n > 1) lines.back()[4] = detail::message({std::sqrt(square / double(n - 1))});
        lines.back()[5] = detail::message({values.front()});
        lines.back()[6] = detail::message({median});
        lines.back()[7] = detail::message({values.back()});
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

#endif

} // namespace lamina

// The steps, and the ways out of a table; files of their own because this one is to be read.
#include <lamina/data/table_split.hpp>
#include <lamina/data/table_steps.hpp>
