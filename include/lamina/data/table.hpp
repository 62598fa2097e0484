// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/span.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/column_names.hpp>
#include <lamina/data/dataset.hpp>
#include <lamina/data/lines.hpp>
#include <lamina/data/map_rule.hpp>
#include <lamina/data/scaling.hpp>
#include <lamina/data/split.hpp>
#include <lamina/data/texts.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

/// What fill_missing puts into gaps.
enum class Fill { mean, median, most_frequent };

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
    Table();
    /// A table of columns of one length.
    explicit Table(std::vector<Column> columns);
    /// A table that came from a file whose columns are these, in order, and of one length.
    Table(std::vector<Column> columns, std::string source, Lines lines);
    Table(Table const&);
    Table(Table&&) noexcept;
    Table& operator=(Table const&);
    Table& operator=(Table&&) noexcept;
    ~Table();

    std::size_t rows() const { return columns_.empty() ? 0 : columns_.front().size(); }
    std::size_t columns() const { return columns_.size(); }
    std::vector<std::string> names() const;
    bool contains(std::string_view name) const;

    Column const& operator[](std::string_view name) const& { return columns_[find(name)]; }
    Column const& column(std::size_t i) const& { return columns_[i]; }
    /// The numbers of a column, NaN at gaps. Throws, naming the first cell that is no number, if
    /// the column is text.
    Span<double const> numbers(std::string_view name) const&;
    /// The texts of a column. Throws if it is a number.
    Texts const& texts(std::string_view name) const&;
    Column const& operator[](std::string_view) && = delete; // they would outlive their table
    Column const& column(std::size_t) && = delete;
    Span<double const> numbers(std::string_view) && = delete;
    Texts const& texts(std::string_view) && = delete;

    /// `data.csv:57:3 (column "age")`: where a cell came from.
    std::string where(std::size_t row, std::string_view name) const;
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
    Table take(Span<std::size_t const> rows) &&;
    Table take(Span<std::size_t const> rows) const& { return Table(*this).take(rows); }
    /// The first n rows.
    Table head(std::size_t n = 5) const;
    Table shuffle(std::uint64_t seed) &&;
    Table shuffle(std::uint64_t seed) const& { return Table(*this).shuffle(seed); }

    // Gaps

    /// Fills the gaps of these columns. What numbers are filled with is learned once more when the
    /// table is split, from the training part alone, as sklearn's SimpleImputer does, and kept in
    /// the Scaling: gaps of new rows become the same. A text is filled from all rows there are now.
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
    /// The same with classes that are known, so that the numbers mean in every file what they meant
    /// in training: train.classes of a label, table["venue"].classes() of another column. A text
    /// that is none of them is an error.
    Table encode(std::string_view column, std::vector<std::string> const& classes) &&;
    Table encode(std::string_view column, std::vector<std::string> const& classes) const& {
        return Table(*this).encode(column, classes);
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
    [[noreturn]] void fail_class(Column const& column, std::size_t row,
                                 std::vector<std::string> const& classes) const;
    void settled(Column const& column, char const* step) const;
    void keep(Span<std::size_t const> rows);
    static void fill_texts(Column& column, std::string_view value);
    static void fill_numbers(Column& column, double value);
    [[noreturn]] static void fail_empty(Table const& table, Column const& column);
    template <auto Average>
    static double learn_filling(Table const& table, Column const& column,
                                Span<std::size_t const> rows);
    void fill(std::size_t c, Fill what);
    std::vector<std::string> categories(Column const& column, std::size_t limit,
                                        char const* step) const;

    Rows all_rows() const;
    Rows labels(ColumnNames const& label) const;
    Rows features(Rows const& labels) const;
    void ready(Rows const& columns, Scaling const& scaling) const;
    Scaling fit(Rows const& columns, Rows const& rows, bool label) const;
    Rows match(Scaling const& scaling) const;
    template <class T>
    Tensor<T, 2> gather(Rows const& columns, Rows const& rows, Scaling const& scaling) const;
    void gather(Dataset& to, Rows const& x, Rows const& y, Rows const& rows) const;
    std::vector<std::size_t> classes_of_rows(Rows const& labels) const;
    void split_into(SplitInThreeOptions const& options, Dataset& train, Dataset* validation,
                    Dataset& test) const;

    std::vector<Column> columns_;
    std::string source_; // the file, or empty
    Lines lines_;
};

} // namespace lamina

// The rest of it; files of their own because this one is to be read.
#include <lamina/data/table_columns.hpp>
#include <lamina/data/table_describe.hpp>
#include <lamina/data/table_names.hpp>
#include <lamina/data/table_scaling.hpp>
#include <lamina/data/table_split.hpp>
#include <lamina/data/table_steps.hpp>
#include <lamina/data/table_values.hpp>
