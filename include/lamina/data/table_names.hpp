// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/not_a_number.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/table.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Table's columns by their names, and where a value stands.

namespace lamina {

namespace detail {

/// Two equal names among n: their places, or n and n. By a hash table (FNV-1a; Fowler, Noll, Vo).
template <class NameAt>
[[gnu::cold]] std::pair<std::size_t, std::size_t> find_twice(std::size_t n, NameAt name_at) {
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

[[gnu::cold]] LAMINA_INLINE Table::Table() = default;
[[gnu::cold]] LAMINA_INLINE Table::Table(std::vector<Column> columns)
    : columns_(std::move(columns)) {
    check();
}
[[gnu::cold]] LAMINA_INLINE Table::Table(std::vector<Column> columns, std::string source,
                                         Lines lines)
    : columns_(std::move(columns)), source_(std::move(source)), lines_(std::move(lines)) {
    for (std::size_t c = 0; c < columns_.size(); ++c) columns_[c].field_ = c + 1;
}
[[gnu::cold]] LAMINA_INLINE Table::Table(Table const&) = default;
[[gnu::cold]] LAMINA_INLINE Table::Table(Table&&) noexcept = default;
[[gnu::cold]] LAMINA_INLINE Table& Table::operator=(Table const&) = default;
[[gnu::cold]] LAMINA_INLINE Table& Table::operator=(Table&&) noexcept = default;
[[gnu::cold]] LAMINA_INLINE Table::~Table() = default;

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
        detail::append_quoted(known, {columns_[c].name()});
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
    std::size_t next = 0; // names often come in the table's own order: then nobody has to search
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (next == columns_.size() || columns_[next].name() != names[i]) next = find(names[i]);
        found[i] = next++;
    }
    return found;
}

[[gnu::cold]] LAMINA_INLINE std::string Table::where(Column const& column) const {
    return detail::message({file(), " (column ", detail::Quoted{column.name()}, ")"});
}

[[gnu::cold]] LAMINA_INLINE std::string Table::where(std::size_t row, std::string_view name) const {
    return where(row, columns_[find(name)]);
}

[[gnu::cold]] LAMINA_INLINE std::string Table::where(std::size_t row, Column const& column) const {
    std::string at = source_;
    if (source_.empty()) at = detail::message({file(), ", row ", lines_.at(row)});
    else if (column.field_ == 0) at = detail::message({file(), ":", lines_.at(row)});
    else at = detail::message({file(), ":", lines_.at(row), ":", column.field_});
    return detail::message({at, " (column ", detail::Quoted{column.name()}, ")"});
}

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

[[gnu::cold]] LAMINA_INLINE Span<double const> Table::numbers(std::string_view name) const& {
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

#endif

} // namespace lamina
