// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/raise.hpp>
#include <lamina/data/csv_options.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/table.hpp>

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina::detail {

/// The text of a cell, still as it stands in the file.
struct CsvCell {
    std::string_view text;
    bool quoted = false;
    bool doubled = false; // holds quotes that are written twice
};

/// Reads the rows of a CSV text (RFC 4180) into columns. One reader reads the header and then one
/// block of rows or several.
class CsvReader {
public:
    /// Keeps a reference to the options.
    [[gnu::cold]] CsvReader(CsvOptions const& options, std::string source)
        : options_(options), source_(std::move(source)) {
        char const s = options_.separator, q = options_.quote;
        if (!fits(s) || s == '\0' || !fits(q) || s == q) {
            detail::fail(Error::Kind::argument, {source_},
                         {"separator ", Quoted{{&s, 1}}, " and quote ", Quoted{{&q, 1}},
                          " do not fit. They are two characters that no number holds, such as ',' "
                          "or ';' or a tab and '\"'."});
        }
        for (char c : {s, '\n', '\r', q}) ends_[static_cast<unsigned char>(c)] = true;
        for (std::string const& gap : options_.gaps) {
            double value = 0;
            if (parse_number(gap, value)) number_gaps_.push_back(value);
        }
    }

    /// Looks at the first bytes, reads the header and finds out how many columns there are. Returns
    /// how many bytes are left.
    [[gnu::cold]] std::size_t open(std::string_view text) {
        if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
        else if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
            fail(1, 0, {"the text is UTF-16. Save it as UTF-8."});
        }
        refuse_nul(text, 1);
        begin(text, 1);
        if (!next_row()) fail(0, 0, {"the file is empty."});
        char const* const first = cursor_;
        header_line_ = line_;
        std::size_t columns = 1;
        while (skip_cell(), next_cell()) ++columns;
        if (columns > options_.max_columns) {
            fail(header_line_, 0,
                 {Counted{columns, "column"}, ", more than .max_columns = ", options_.max_columns,
                  "."});
        }
        if (!options_.names.empty() && options_.names.size() != columns) {
            fail(header_line_, 0,
                 {Counted{columns, "column"}, ", but .names has ",
                  Counted{options_.names.size(), "name"}, "."});
        }
        cursor_ = first;
        line_ = header_line_;
        names_.clear();
        names_.resize(columns);
        if (options_.header) read_names(columns);
        if (!options_.header || !options_.names.empty()) {
            for (std::size_t c = 0; c < columns; ++c) {
                names_[c] = c < options_.names.size() ? options_.names[c] : nameless(c);
            }
        }
        check_names();
        // Counted from the end, because a byte order mark may have gone from the front.
        return std::size_t(end_ - cursor_);
    }

    /// Reads rows, the first of them at `line`.
    [[gnu::cold]] Table read(std::string_view text, std::size_t line) {
        refuse_nul(text, line);
        std::size_t const columns = names_.size();
        // Each row has a line of its own, and each cell at least a byte.
        std::size_t bound = text.size() / columns + 1;
        if (std::size_t const lines = count_lines(text) + 1; lines < bound) bound = lines;
        sinks_.reset(new Sink[columns]);
        std::vector<Column> made(columns);
        columns_ = made.data();
        bool any_text = false;
        for (std::size_t c = 0; c < columns; ++c) {
            made[c].name_ = names_[c];
            made[c].text_ = options_.texts.contains(names_[c]);
            if (made[c].text_) sinks_[c].mode = Sink::text;
            else made[c].numbers_.reserve(bound);
        }
        Lines lines;
        begin(text, line);
        std::size_t const rows = walk(lines);
        for (std::size_t c = 0; c < columns; ++c) {
            made[c].text_ = sinks_[c].mode == Sink::text;
            sinks_[c].mode = made[c].text_ ? Sink::collect : Sink::skip;
            any_text = any_text || made[c].text_;
            if (made[c].text_) made[c].texts_.reserve(rows, sinks_[c].bytes);
        }
        if (any_text) {
            begin(text, line);
            walk(lines);
        }
        return Table(std::move(made), source_, std::move(lines));
    }

    /// The line that comes next.
    std::size_t line() const { return line_; }

    /// The end of the last row that is whole within a text that goes on; 0 if not even one is.
    std::size_t whole_rows(std::string_view text) const {
        std::size_t end = 0;
        bool inside = false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            // A quote written twice goes out of the cell and into it again.
            if (options_.quote != '\0' && text[i] == options_.quote) inside = !inside;
            else if (text[i] == '\n' && !inside) end = i + 1;
        }
        return end;
    }

private:
    /// What becomes of a column's cells. A column is taken for numbers until a cell is none; then
    /// it is skipped, to be collected as text by a second walk.
    struct Sink {
        enum Mode : unsigned char { number, text, collect, skip } mode = number;
        std::size_t bytes = 0;
    };

    [[noreturn, gnu::cold]] void fail(std::size_t line, std::size_t field,
                                      std::initializer_list<Piece> what) const {
        std::string where = source_;
        if (line) append(where += ":", line);
        if (field) append(where += ":", field);
        detail::raise(Error(Error::Kind::data, where, message(what)));
    }

    static bool fits(char c) {
        return c != '\n' && c != '\r' && !is_digit(c) && c != '.' && c != '+' && c != '-' &&
               !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z');
    }

    static std::string nameless(std::size_t column) { return message({"column", column + 1}); }

    static std::size_t count_lines(std::string_view text) {
        std::size_t n = 0;
        for (char const c : text) n += c == '\n';
        return n;
    }

    void begin(std::string_view text, std::size_t line) {
        cursor_ = text.data();
        end_ = cursor_ + text.size();
        line_ = line;
    }

    void refuse_nul(std::string_view text, std::size_t line) const {
        std::size_t const nul = text.find('\0');
        if (nul == text.npos) return;
        fail(line + count_lines(text.substr(0, nul)), 0,
             {"a NUL byte. This is no text, or UTF-16; save it as UTF-8."});
    }

    // Cells. cursor_ is at the begin of a cell, and afterwards at what ends it.

    bool ends(char const* p) const { return p == end_ || ends_[static_cast<unsigned char>(*p)]; }

    /// Moves to the next row that is not an empty line.
    bool next_row() {
        while (cursor_ != end_) {
            if (*cursor_ == '\n') ++cursor_;
            else if (*cursor_ == '\r' && cursor_ + 1 != end_ && cursor_[1] == '\n') cursor_ += 2;
            else return true;
            ++line_;
        }
        return false;
    }

    /// Past the end of a cell: is there another in this row?
    bool next_cell() {
        if (cursor_ == end_) return false;
        if (*cursor_ == options_.separator) {
            ++cursor_;
            return true;
        }
        if (*cursor_ == '\r') {
            ++cursor_;
            if (cursor_ == end_ || *cursor_ != '\n') {
                fail(line_, 0,
                     {"a carriage return without a line feed. End lines with LF or CR LF."});
            }
        }
        ++cursor_;
        ++line_;
        return false;
    }

    CsvCell cell(std::size_t field) {
        char const* const first = cursor_;
        if (cursor_ != end_ && *cursor_ == options_.quote && options_.quote != '\0')
            return quoted_cell(field);
        while (!ends(cursor_)) ++cursor_;
        if (cursor_ != end_ && *cursor_ == options_.quote && options_.quote != '\0') {
            fail(line_, field,
                 {"a quote within a cell that does not begin with one. Put the cell in quotes and "
                  "write the quotes in it twice, or set .quote = '\\0'."});
        }
        return {{first, std::size_t(cursor_ - first)}};
    }

    [[gnu::cold]] CsvCell quoted_cell(std::size_t field) {
        std::size_t const opened = line_;
        char const* const first = ++cursor_;
        CsvCell cell{.text = {}, .quoted = true};
        for (;;) {
            auto const left = std::size_t(end_ - cursor_);
            auto const* quote =
                left ? static_cast<char const*>(std::memchr(cursor_, options_.quote, left))
                     : nullptr;
            if (!quote) fail(opened, field, {"the quote that opens this cell is never closed."});
            line_ += count_lines({cursor_, std::size_t(quote - cursor_)});
            cursor_ = quote + 1;
            if (cursor_ == end_ || *cursor_ != options_.quote) {
                cell.text = {first, std::size_t(quote - first)};
                break;
            }
            cell.doubled = true;
            ++cursor_;
        }
        if (cursor_ != end_ && *cursor_ != options_.separator && *cursor_ != '\n' &&
            *cursor_ != '\r') {
            fail(line_, field,
                 {"text after the quote that closes the cell. Quotes within a cell are written "
                  "twice."});
        }
        return cell;
    }

    void skip_cell() { cell(0); }

    [[gnu::cold]] void append_text(std::string& to, CsvCell const& cell) const {
        if (!cell.doubled) {
            to += options_.trim && !cell.quoted ? trimmed(cell.text) : cell.text;
            return;
        }
        for (std::size_t i = 0; i < cell.text.size(); ++i) {
            to += cell.text[i];
            if (cell.text[i] == options_.quote) ++i;
        }
    }

    bool is_gap(std::string_view text) const {
        text = trimmed(text);
        for (std::string const& gap : options_.gaps) {
            if (gap == text) return true;
        }
        return false;
    }

    bool is_gap(double value) const {
        for (double const gap : number_gaps_) {
            if (!(gap < value) && !(gap > value)) return true;
        }
        return false;
    }

    // The header

    [[gnu::cold]] void read_names(std::size_t columns) {
        std::size_t numbers = 0, in_order = 0;
        for (std::size_t c = 0; c < columns; ++c) {
            CsvCell const found = cell(c + 1);
            std::string& name = names_[c];
            append_text(name, found);
            if (!found.quoted) name = trimmed(scratch_ = name);
            double value = 0;
            if (parse_number(name, value)) {
                ++numbers;
                if (value == double(c) || value == double(c + 1)) ++in_order;
            }
            if (name.empty()) name = nameless(c);
            next_cell();
        }
        if (numbers == columns && in_order < columns && options_.names.empty()) {
            fail(header_line_, 0,
                 {"the header holds only numbers, such as ", Quoted{names_[0]},
                  ". If it is a row like the others, set .header = false; if not, give .names."});
        }
    }

    [[gnu::cold]] void check_names() const {
        auto const [first, second] =
            find_twice(names_.size(), [&](std::size_t c) -> std::string_view { return names_[c]; });
        if (first != second) {
            fail(header_line_, second + 1,
                 {"the name ", Quoted{names_[second]}, " is that of column ", first + 1,
                  " too. Give .names."});
        }
        for (ColumnNames const* forced : {&options_.numbers, &options_.texts}) {
            for (std::string const& name : *forced) {
                std::size_t c = 0;
                while (c < names_.size() && names_[c] != name) ++c;
                if (c < names_.size()) continue;
                detail::fail(Error::Kind::argument, {source_},
                             {"there is no column ", Quoted{name}, " to be read as ",
                              forced == &options_.numbers ? "numbers." : "text."});
            }
        }
    }

    // The rows

    std::size_t walk(Lines& lines) {
        std::size_t const columns = names_.size();
        std::size_t row = 0;
        for (; next_row(); ++row) {
            std::size_t const at = line_;
            lines.add(row, at);
            std::size_t c = 0;
            do {
                if (c == columns) {
                    do ++c, skip_cell();
                    while (next_cell());
                    break;
                }
                take(c, at);
                ++c;
            } while (next_cell());
            if (c != columns) {
                fail(at, 0,
                     {Counted{c, "value"}, ", but line ", header_line_, " has ",
                      Counted{columns, "column"}, "."});
            }
        }
        return row;
    }

    void take(std::size_t c, std::size_t row_line) {
        Sink& sink = sinks_[c];
        Column& column = columns_[c];
        if (sink.mode == Sink::number) {
            // Most cells are a number from end to end, so they are read before anyone looks for
            // their end.
            double value = 0;
            char const* const end = scan_number(cursor_, end_, value);
            if (end && ends(end) && (end == end_ || *end != options_.quote) &&
                number_gaps_.empty()) {
                sink.bytes += std::size_t(end - cursor_);
                cursor_ = end;
                column.numbers_.push_back(value);
                return;
            }
        }
        CsvCell const found = cell(c + 1);
        sink.bytes += found.text.size();
        switch (sink.mode) {
        case Sink::number: {
            double value = 0;
            bool const number = parse_number(found.text, value);
            if (number ? is_gap(value) : is_gap(found.text)) value = missing_number;
            if (number || is_missing(value)) column.numbers_.push_back(value);
            else if (options_.numbers.contains(names_[c])) {
                std::string text;
                append_text(text, found);
                detail::fail(
                    Error::Kind::data,
                    {source_, ":", row_line, ":", c + 1, " (column ", Quoted{names_[c]}, ")"},
                    {not_a_number(text, names_[c])});
            } else {
                sink.mode = Sink::text;
                column.numbers_ = std::vector<double>();
            }
            break;
        }
        case Sink::collect:
            if (is_gap(found.text)) column.texts_.push_missing();
            else if (!found.doubled)
                column.texts_.push_back(options_.trim && !found.quoted ? trimmed(found.text)
                                                                       : found.text);
            else {
                scratch_.clear();
                append_text(scratch_, found);
                column.texts_.push_back(scratch_);
            }
            break;
        case Sink::text:
        case Sink::skip:
            break;
        }
    }

    CsvOptions const& options_;
    std::string source_;
    bool ends_[256] = {};
    std::vector<double> number_gaps_;
    std::vector<std::string> names_;
    std::size_t header_line_ = 1;
    std::unique_ptr<Sink[]> sinks_;
    Column* columns_ = nullptr;
    std::string scratch_;
    char const* cursor_ = nullptr;
    char const* end_ = nullptr;
    std::size_t line_ = 1;
};

} // namespace lamina::detail
