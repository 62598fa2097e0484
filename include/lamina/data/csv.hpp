// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/data/csv_options.hpp>
#include <lamina/data/table.hpp>

#if LAMINA_BODIES
#include <lamina/data/csv_cells.hpp>
#include <lamina/data/csv_reader.hpp>
#include <lamina/data/file.hpp>
#include <lamina/data/number.hpp>
#endif

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace lamina {

/// Reads CSV text as read_csv does; `name` stands for the file in messages.
Table read_csv_text(std::string_view text, CsvOptions const& options = {},
                    std::string name = "text");

/// Reads a table from a CSV file as RFC 4180 has it: cells in quotes may hold separators, line ends
/// and quotes written twice; lines end with LF or CR LF, the last one need not; empty lines are
/// skipped; a UTF-8 byte order mark is too.
///
/// A column is a number column if every cell that is not a gap is a decimal number (1, -2.5, +.5,
/// 1e-3, blanks around it allowed), and otherwise text; .numbers and .texts say so by name. "nan",
/// "inf", hexadecimal numbers, decimal commas and numbers beyond a double are not numbers. A cell
/// that is a gap is one of .gaps, blanks around it aside, in quotes or not. No locale has a say.
///
/// Memory  the file's size while it reads; 8 bytes for each number; 8 bytes and its characters for
///         each text
/// Errors  lamina::Error naming file and line: no regular file, unreadable, empty, rows of
///         different length, quotes that do not match, a lone carriage return, NUL bytes, UTF-16,
///         two columns of one name. A cell that is no number in a column of numbers is named with
///         line, column and text where the column is used as numbers (split, to_dataset, numbers),
///         or here if .numbers lists the column.
Table read_csv(std::string const& path, CsvOptions const& options = {});

/// The table as CSV text, with a header; a number is the shortest text that reads back as the same
/// number, a gap is empty. An empty text, one like a gap and a column of texts like numbers come
/// back as they were only if .gaps and .texts tell the reader so.
std::string to_csv_text(Table const& table, char separator = ',');

/// Writes the table as to_csv_text gives it: the whole file or, with an error, none of it.
void write_csv(Table const& table, std::string const& path, char separator = ',');

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Table read_csv_text(std::string_view text, CsvOptions const& options,
                                                std::string name) {
    detail::CsvReader reader(options, std::move(name));
    std::size_t const rest = reader.open(text);
    return reader.read(text.substr(text.size() - rest), reader.line());
}

[[gnu::cold]] LAMINA_INLINE Table read_csv(std::string const& path, CsvOptions const& options) {
    detail::FileText const file(path);
    return read_csv_text(file.view(), options, path);
}

[[gnu::cold]] LAMINA_INLINE std::string to_csv_text(Table const& table, char separator) {
    detail::CsvCells::check(separator, '"', "to_csv_text");
    std::string out;
    auto const append = [&](std::string_view text) {
        // A name that begins as Unicode's marks of a file do must not begin the file.
        bool const mark =
            out.empty() && (text.starts_with("\xef\xbb\xbf") || text.starts_with("\xff\xfe") ||
                            text.starts_with("\xfe\xff"));
        bool const blanks = detail::trimmed(text).size() != text.size(); // a header's are dropped
        if (text.find_first_of(std::string{'"', '\n', '\r', separator}) == text.npos &&
            !text.empty() && !mark && !blanks) {
            out += text;
            return;
        }
        out += '"';
        for (char const c : text) {
            out += c;
            if (c == '"') out += c;
        }
        out += '"';
    };
    for (std::size_t c = 0; c < table.columns(); ++c) {
        if (c) out += separator;
        append(table.column(c).name());
    }
    out += '\n';
    for (std::size_t row = 0; row < table.rows(); ++row) {
        for (std::size_t c = 0; c < table.columns(); ++c) {
            Column const& column = table.column(c);
            if (c) out += separator;
            if (column.missing(row)) out += table.columns() == 1 ? "\"\"" : "";
            else if (column.is_text()) append(column.texts()[row]);
            else detail::append_number(out, column.numbers()[row]);
        }
        out += '\n';
    }
    return out;
}

[[gnu::cold]] LAMINA_INLINE void write_csv(Table const& table, std::string const& path,
                                           char separator) {
    detail::write_file(path, to_csv_text(table, separator));
}

#endif

} // namespace lamina
