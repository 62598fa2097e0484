// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/random.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/order.hpp>
#include <lamina/data/table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Table's steps: each gives the table that comes next in a chain.

namespace lamina {

// ---- rows

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Table::Rows Table::all_rows() const {
    Rows rows(this->rows());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
    return rows;
}

[[gnu::cold]] LAMINA_INLINE void Table::keep(std::span<std::size_t const> rows) {
    for (std::size_t row : rows) {
        if (row >= this->rows()) {
            detail::fail(Error::Kind::argument, {"Table::take"},
                         {"row ", row, " of ", this->rows(), "."});
        }
    }
    std::vector<std::size_t> lines(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) lines[i] = lines_.at(rows[i]);
    lines_.each = std::move(lines);
    for (Column& column : columns_) {
        if (column.is_text()) {
            column.texts_ = column.texts_.take(rows);
            continue;
        }
        std::vector<double> numbers(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) numbers[i] = column.numbers_[rows[i]];
        column.numbers_ = std::move(numbers);
    }
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
    if (kept < rows()) keep(std::span(whole).first(kept));
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

[[gnu::cold]] LAMINA_INLINE Table Table::take(std::span<std::size_t const> rows) && {
    keep(rows);
    return std::move(*this);
}

[[gnu::cold]] LAMINA_INLINE Table Table::head(std::size_t n) const {
    Rows first = all_rows();
    if (n < first.size()) first.resize(n);
    return take(first);
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
        for (double& v : column.numbers_) {
            if (detail::is_missing(v)) v = value;
        }
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

[[gnu::cold]] LAMINA_INLINE void Table::fill(std::size_t c, Fill what) {
    Column& column = columns_[c];
    std::size_t const n = column.size() - column.missing();
    if (n == column.size()) return;
    settled(column, "fill_missing");
    if (n == 0)
        detail::fail(Error::Kind::data, {where(column)},
                     {"there is no value at all to fill its gaps from. Use drop(",
                      detail::Quoted{column.name()}, ")."});
    if (column.is_text()) {
        if (what != Fill::most_frequent) fail_text(column);
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

// ---- columns

[[gnu::cold]] LAMINA_INLINE Table Table::select(ColumnNames const& names) && {
    std::vector<Column> chosen;
    Rows const places = find_all(names);
    std::vector<char> taken(columns_.size());
    for (std::size_t c : places) {
        if (taken[c]++) {
            detail::fail(Error::Kind::argument, {where(columns_[c])},
                         {"select names it twice. Name each column once."});
        }
    }
    for (std::size_t c : places) chosen.push_back(std::move(columns_[c]));
    columns_ = std::move(chosen);
    return std::move(*this);
}

[[gnu::cold]] LAMINA_INLINE Table Table::select(ColumnNames const& names) const& {
    Table table;
    table.source_ = source_;
    table.lines_ = lines_;
    for (std::size_t c : find_all(names)) table.columns_.push_back(columns_[c]);
    return std::move(table).select(names);
}

[[gnu::cold]] LAMINA_INLINE Table Table::drop(ColumnNames const& names) && {
    find_all(names);
    std::erase_if(columns_, [&](Column const& c) { return names.contains(c.name()); });
    return std::move(*this);
}

[[gnu::cold]] LAMINA_INLINE Table Table::rename(std::string_view from, std::string to) && {
    Column& column = columns_[find(from)];
    if (to != from && contains(to)) {
        detail::fail(Error::Kind::argument, {where(column)},
                     {"there is a column ", detail::Quoted{to}, " already."});
    }
    column.name_ = std::move(to);
    column.group_.clear();
    return std::move(*this);
}

[[gnu::cold]] LAMINA_INLINE Table
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

[[gnu::cold]] LAMINA_INLINE Table Table::add(std::string name, std::vector<double> numbers) && {
    columns_.emplace_back(std::move(name), std::move(numbers));
    check();
    return std::move(*this);
}

[[gnu::cold]] LAMINA_INLINE Table Table::add(std::string name,
                                             std::vector<std::string> const& texts) && {
    Texts column;
    for (std::string const& text : texts) column.push_back(text);
    columns_.emplace_back(std::move(name), std::move(column));
    check();
    return std::move(*this);
}

// ---- values

[[gnu::cold]] LAMINA_INLINE void Table::fail_map(Column const& column, std::size_t row,
                                                 std::initializer_list<MapRule> rules) const {
    std::string known;
    for (MapRule const& r : rules) {
        known += known.empty() ? "" : ", ";
        if (r.is_text) detail::append_quoted(known, r.text);
        else detail::append(known, r.number);
    }
    std::string found = "the number ";
    if (column.is_number()) detail::append(found, column.numbers_[row]);
    else found = detail::message({detail::Quoted{column.texts_[row]}});
    detail::fail(Error::Kind::data, {where(row, column)},
                 {found, " is not in the map, which has ", known, "."});
}

[[gnu::cold]] LAMINA_INLINE Table Table::map(std::string_view name,
                                             std::initializer_list<MapRule> rules) && {
    Column& column = columns_[find(name)];
    settled(column, "map");
    std::vector<double> mapped(column.size(), detail::missing_number);
    for (std::size_t row = 0; row < mapped.size(); ++row) {
        if (column.missing(row)) continue;
        std::string_view const text = column.is_text() ? column.texts_[row] : std::string_view();
        double const number = column.is_text() ? 0 : column.numbers_[row];
        MapRule const* rule = rules.begin();
        while (rule != rules.end() && (rule->is_text != column.is_text() || rule->text != text ||
                                       rule->number < number || rule->number > number)) {
            ++rule;
        }
        if (rule == rules.end()) fail_map(column, row, rules);
        mapped[row] = rule->to;
    }
    column.become(std::move(mapped));
    // If the numbers are 0, 1, ... they are classes, and what they were called is worth keeping.
    std::size_t in_order = 0;
    for (std::size_t k = 0; k < rules.size(); ++k) {
        bool named = false;
        for (MapRule const& rule : rules) {
            if (rule.to < double(k) || rule.to > double(k)) continue;
            ++in_order;
            if (!named) {
                column.classes_.push_back(rule.is_text ? std::string(rule.text)
                                                       : detail::message({rule.number}));
            }
            named = true;
        }
        if (!named) break;
    }
    if (in_order < rules.size()) column.classes_.clear();
    return std::move(*this);
}

#endif

template <detail::ValueFunction F>
[[gnu::cold]] Table Table::map(std::string_view name, F f) && {
    Column& column = columns_[find(name)];
    settled(column, "map");
    std::vector<double> mapped(column.size(), detail::missing_number);
    if constexpr (std::is_invocable_r_v<double, F, double>) {
        if (column.is_text()) fail_text(column);
    } else {
        texts(name); // throws for numbers
    }
    for (std::size_t row = 0; row < mapped.size(); ++row) {
        if (column.missing(row)) continue;
        if constexpr (std::is_invocable_r_v<double, F, double>)
            mapped[row] = f(column.numbers_[row]);
        else mapped[row] = f(column.texts_[row]);
    }
    column.become(std::move(mapped));
    return std::move(*this);
}

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE std::vector<std::string>
Table::categories(Column const& column, std::size_t limit, char const* step) const {
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
        detail::fail(Error::Kind::data, {where(column)},
                     {"there are more than ", limit, " different values. ", step,
                      " is for categories; leave the column out with drop(",
                      detail::Quoted{column.name()}, ") or raise the limit."});
    }
    for (double v : numbers) detail::append_number(texts.emplace_back(), v);
    return texts;
}

[[gnu::cold]] LAMINA_INLINE Table Table::encode(std::string_view name, std::size_t limit) && {
    Column& column = columns_[find(name)];
    Texts const& texts = this->texts(name);
    std::vector<std::string> classes = categories(column, limit, "encode");
    std::vector<double> codes(column.size(), detail::missing_number);
    for (std::size_t row = 0; row < codes.size(); ++row) {
        if (column.missing(row)) continue;
        codes[row] =
            double(std::lower_bound(classes.begin(), classes.end(), texts[row]) - classes.begin());
    }
    column.become(std::move(codes));
    column.classes_ = std::move(classes);
    return std::move(*this);
}

[[gnu::cold]] LAMINA_INLINE Table Table::one_hot(ColumnNames const& names, std::size_t limit) && {
    for (std::string const& name : names) {
        std::size_t const place = find(name);
        settled(columns_[place], "one_hot");
        split_up(place, categories(columns_[place], limit, "one_hot"));
    }
    return std::move(*this);
}

[[gnu::cold]] LAMINA_INLINE Table Table::one_hot(ColumnNames const& names,
                                                 Scaling const& known) && {
    for (std::string const& name : names) {
        std::size_t const place = find(name);
        settled(columns_[place], "one_hot");
        std::vector<std::string> values;
        for (std::string const& column : known.names)
            if (column.starts_with(name + "_") && !contains(column))
                values.push_back(column.substr(name.size() + 1));
        if (values.empty()) {
            detail::fail(Error::Kind::argument, {where(columns_[place])},
                         {"the scaling names no column ", detail::Quoted{name + "_..."},
                          ". Was it one_hot in training?"});
        }
        split_up(place, values);
    }
    return std::move(*this);
}

/// Puts a column of 0 and 1 for each of these values in the place of one that has no others.
[[gnu::cold]] LAMINA_INLINE void Table::split_up(std::size_t place,
                                                 std::vector<std::string> const& values) {
    Column const& old = columns_[place];
    std::vector<std::vector<double>> flags(values.size(), std::vector<double>(old.size()));
    std::vector<double> numbers(values.size());
    for (std::size_t k = 0; k < values.size() && !old.is_text(); ++k)
        detail::parse_number(values[k], numbers[k]);
    for (std::size_t row = 0; row < old.size(); ++row) {
        bool known = old.missing(row);
        for (std::size_t k = 0; k < values.size(); ++k) {
            bool const same = old.is_text() ? old.texts_[row] == values[k]
                                            : !(old.numbers_[row] < numbers[k]) &&
                                                  !(old.numbers_[row] > numbers[k]);
            flags[k][row] = old.missing(row) ? detail::missing_number : same;
            known = known || same;
        }
        if (known) continue;
        std::string value;
        if (old.is_text()) value = old.texts_[row];
        else detail::append_number(value, old.numbers_[row]);
        detail::fail(Error::Kind::data, {where(row, old.name())},
                     {detail::Quoted{value}, " was not among the ",
                      detail::Counted{values.size(), "value"}, " of training."});
    }
    std::vector<Column> made;
    for (std::size_t k = 0; k < values.size(); ++k) {
        Column& column = made.emplace_back(old.name() + "_" + values[k], std::move(flags[k]));
        column.group_ = old.name();
        column.field_ = old.field_;
    }
    columns_.erase(columns_.begin() + std::ptrdiff_t(place));
    columns_.insert(columns_.begin() + std::ptrdiff_t(place), made.begin(), made.end());
    check();
}

#endif

} // namespace lamina
