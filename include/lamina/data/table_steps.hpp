// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/random.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/order.hpp>
#include <lamina/data/table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Table's steps that choose rows and fill gaps: each gives the table that comes next in a chain.

namespace lamina {

// ---- rows

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Table::Rows Table::all_rows() const {
    Rows rows(this->rows());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
    return rows;
}

[[gnu::cold]] LAMINA_INLINE void Table::keep(Span<std::size_t const> rows) {
    for (std::size_t row : rows) {
        if (row >= this->rows()) {
            detail::fail(Error::Kind::argument, {"Table::take"},
                         {"row ", row, " of ", this->rows(), "."});
        }
    }
    lines_ = lines_.take(rows);
    for (Column& column : columns_) column = column.take(rows);
}

[[gnu::cold]] LAMINA_INLINE Table Table::drop_missing(ColumnNames const& columns) && {
    Rows const named = find_all(columns);
    std::vector<char> gap(rows());
    for (std::size_t i = 0; i < (columns.empty() ? columns_.size() : named.size()); ++i) {
        Column const& column = columns_[columns.empty() ? i : named[i]];
        for (std::size_t row = 0; row < gap.size(); ++row) {
            if (column.missing(row)) gap[row] = 1;
        }
    }
    Rows whole = all_rows();
    std::size_t kept = 0;
    for (std::size_t row = 0; row < gap.size(); ++row) {
        if (!gap[row]) whole[kept++] = row;
    }
    if (kept < rows()) keep(Span(whole).first(kept));
    return std::move(*this);
}

#endif

template <class F>
[[gnu::cold]] Table Table::filter(std::string_view name, F wanted) && {
    Column const& column = columns_[find(name)];
    Rows kept;
    if constexpr (std::is_invocable_r_v<bool, F, double>) {
        if (column.is_text()) fail_text(column);
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

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Table Table::take(Span<std::size_t const> rows) && {
    keep(rows);
    return std::move(*this);
}

[[gnu::cold]] LAMINA_INLINE Table Table::head(std::size_t n) const {
    Rows first = all_rows();
    if (n < first.size()) first.resize(n);
    Table table;
    table.source_ = source_;
    table.lines_ = lines_.take(first);
    for (Column const& column : columns_) table.columns_.push_back(column.take(first));
    return table;
}

[[gnu::cold]] LAMINA_INLINE Table Table::shuffle(std::uint64_t seed) && {
    Rows order = all_rows();
    detail::shuffle(order, Random{seed});
    keep(order);
    return std::move(*this);
}

// ---- gaps

[[gnu::cold]] LAMINA_INLINE Table Table::fill_missing(ColumnNames const& columns, double value) && {
    for (std::size_t c : find_all(columns)) {
        Column& column = columns_[c];
        settled(column, "fill_missing");
        if (column.is_text()) fail_text(column);
        if (column.filling_) continue;
        column.filling_.value = value;
        fill_numbers(column, value);
    }
    return std::move(*this);
}

[[gnu::cold]] LAMINA_INLINE Table Table::fill_missing(ColumnNames const& columns,
                                                      std::string_view value) && {
    for (std::size_t c : find_all(columns)) {
        Column& column = columns_[c];
        settled(column, "fill_missing");
        if (column.is_number() && column.missing() < column.size()) {
            detail::fail(Error::Kind::argument, {where(column)},
                         {"this holds numbers; its gaps take a number, not a text."});
        }
        fill_texts(column, value);
        column.numbers_.clear();
        column.text_ = true;
    }
    return std::move(*this);
}

namespace detail {

/// The value that comes most often, of several the smallest.
template <class V>
[[gnu::cold]] V most_frequent(std::vector<V> values) {
    std::sort(values.begin(), values.end());
    V best{};
    std::ptrdiff_t most = 0;
    for (auto at = values.begin(); at != values.end();) {
        auto const end = std::upper_bound(at, values.end(), *at);
        if (end - at > most) {
            most = end - at;
            best = *at;
        }
        at = end;
    }
    return best;
}

/// What the gaps between these numbers, one or more, become.
[[gnu::cold]] LAMINA_INLINE double mean_of(std::vector<double> values) {
    double mean = 0;
    for (double v : values) mean += v / double(values.size());
    return mean;
}
[[gnu::cold]] LAMINA_INLINE double median_of(std::vector<double> values) {
    std::size_t const n = values.size();
    std::sort(values.begin(), values.end());
    return values[(n - 1) / 2] / 2 + values[n / 2] / 2;
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE void Table::fill_texts(Column& column, std::string_view value) {
    Texts texts;
    for (std::size_t row = 0; row < column.size(); ++row)
        texts.push_back(column.missing(row) ? value : column.texts_[row]);
    column.texts_ = std::move(texts);
}

[[gnu::cold]] LAMINA_INLINE void Table::fail_empty(Table const& table, Column const& column) {
    detail::fail(Error::Kind::data, {table.where(column)},
                 {"there is no value at all to fill its gaps from. Use drop(",
                  detail::Quoted{column.name()}, ")."});
}

/// What a column's gaps become if it may know these rows only.
template <auto Average>
[[gnu::cold]] double Table::learn_filling(Table const& table, Column const& column,
                                          Span<std::size_t const> rows) {
    std::vector<double> values;
    for (std::size_t row : rows) {
        double const v = column.raw_.empty() ? column.numbers_[row] : column.raw_[row];
        if (!detail::is_missing(v)) values.push_back(v);
    }
    if (values.empty()) fail_empty(table, column);
    return Average(std::move(values));
}

[[gnu::cold]] LAMINA_INLINE void Table::fill_numbers(Column& column, double value) {
    column.raw_ = std::vector<double>(column.numbers_); // a copy is made elsewhere too
    for (double& v : column.numbers_)
        if (detail::is_missing(v)) v = value;
}

[[gnu::cold]] LAMINA_INLINE void Table::fill(std::size_t c, Fill what) {
    Column& column = columns_[c];
    std::size_t const gaps = column.missing();
    if (column.is_text()) {
        if (gaps == 0) return;
        if (what != Fill::most_frequent) fail_text(column);
        if (gaps == column.size()) fail_empty(*this, column);
        std::vector<std::string_view> values;
        for (std::size_t row = 0; row < column.size(); ++row)
            if (!column.missing(row)) values.push_back(column.texts_[row]);
        return fill_texts(column, detail::most_frequent(std::move(values)));
    }
    if (column.filling_ || column.size() == 0) return; // nothing is left to fill
    column.filling_.learn = what == Fill::mean     ? learn_filling<detail::mean_of>
                            : what == Fill::median ? learn_filling<detail::median_of>
                                                   : learn_filling<detail::most_frequent<double>>;
    if (gaps > 0) fill_numbers(column, column.filling_.learn(*this, column, all_rows()));
}

[[gnu::cold]] LAMINA_INLINE Table Table::fill_missing(ColumnNames const& columns, Fill what) && {
    for (std::size_t c : find_all(columns)) fill(c, what);
    return std::move(*this);
}

[[gnu::cold]] LAMINA_INLINE Table Table::fill_missing(Fill what) && {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        if (columns_[c].is_number() || what == Fill::most_frequent) fill(c, what);
    }
    return std::move(*this);
}

#endif

} // namespace lamina
