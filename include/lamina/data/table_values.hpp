// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/column_names.hpp>
#include <lamina/data/map_rule.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/scaling.hpp>
#include <lamina/data/table.hpp>

#if LAMINA_BODIES
#include <algorithm>
#endif

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Table's steps that change values: map, encode, one_hot.

namespace lamina {

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void Table::fail_map(Column const& column, std::size_t row,
                                                 std::initializer_list<MapRule> rules) const {
    std::string known;
    for (MapRule const& r : rules) {
        known += known.empty() ? "" : ", ";
        if (r.is_text) detail::append_quoted(known, {r.text});
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

[[gnu::cold]] LAMINA_INLINE void Table::fail_class(Column const& column, std::size_t row,
                                                   std::vector<std::string> const& classes) const {
    constexpr std::size_t most = 8;
    std::string known;
    for (std::size_t k = 0; k < std::min(most, classes.size()); ++k) {
        known += k == 0 ? ": " : ", ";
        detail::append_quoted(known, {classes[k]});
    }
    detail::fail(Error::Kind::data, {where(row, column)},
                 {detail::Quoted{column.texts_[row]}, " is none of the ", classes.size(),
                  " classes given", known, classes.size() > most ? " and others" : "",
                  ". Leave such rows out with filter(", detail::Quoted{column.name()}, ", ...)."});
}

[[gnu::cold]] LAMINA_INLINE Table Table::encode(std::string_view name, std::size_t limit) && {
    texts(name); // or an error
    return std::move(*this).encode(name, categories(columns_[find(name)], limit, "encode"));
}

[[gnu::cold]] LAMINA_INLINE Table Table::encode(std::string_view name,
                                                std::vector<std::string> const& classes) && {
    Column& column = columns_[find(name)];
    Texts const& texts = this->texts(name);
    std::vector<std::size_t> order(classes.size()); // of the classes by their texts
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return classes[a] < classes[b]; });
    std::vector<double> codes(column.size(), detail::missing_number);
    for (std::size_t row = 0; row < codes.size(); ++row) {
        if (column.missing(row)) continue;
        std::string_view const text = texts[row];
        auto const at =
            std::lower_bound(order.begin(), order.end(), text,
                             [&](std::size_t k, std::string_view t) { return classes[k] < t; });
        if (at == order.end() || classes[*at] != text) fail_class(column, row, classes);
        codes[row] = double(*at);
    }
    column.become(std::move(codes));
    column.classes_ = std::vector<std::string>(classes); // a copy, as is made elsewhere too
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
        // "job_type_x" is no value of "job" where "job_type" is to become columns too.
        auto const is_of_another = [&](std::string const& column) {
            for (Column const& other : columns_)
                if (other.name().size() > name.size() && column.starts_with(other.name() + "_") &&
                    (other.is_text() || names.contains(other.name())))
                    return true;
            return false;
        };
        std::vector<std::string> values;
        for (std::string const& column : known.names)
            if (column.starts_with(name + "_") && !contains(column) && !is_of_another(column))
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
