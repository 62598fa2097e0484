// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/core/random.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/order.hpp>
#include <lamina/data/table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Table's steps: each gives the table that comes next in a chain.

namespace lamina {

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

} // namespace lamina
