// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/column_names.hpp>
#include <lamina/data/table.hpp>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Table's steps that choose, name and add columns.

namespace lamina {

#if LAMINA_BODIES

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

#endif

} // namespace lamina
