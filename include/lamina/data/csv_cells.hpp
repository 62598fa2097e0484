// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/data/csv_options.hpp>
#include <lamina/data/number.hpp>

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace lamina::detail {

/// The text of a cell, still as it stands in the file.
struct CsvCell {
    std::string_view text;
    bool quoted = false;
    bool doubled = false; // holds quotes that are written twice
};

/// Walks over the cells of a CSV text (RFC 4180).
class CsvCells {
public:
    /// Keeps a reference to the options.
    [[gnu::cold]] CsvCells(CsvOptions const& options, std::string source)
        : options_(options), source_(std::move(source)) {
        char const s = options_.separator, q = options_.quote;
        check(s, q, source_);
        for (char c : {s, '\n', '\r', q}) ends_[static_cast<unsigned char>(c)] = true;
    }

    /// Whether cells can be told apart by these two characters: if not, Error (argument).
    [[gnu::cold]] static void check(char separator, char quote, std::string_view source) {
        if (fits(separator) && separator != '\0' && fits(quote) && separator != quote) return;
        detail::fail(Error::Kind::argument, {source},
                     {"separator ", Quoted{{&separator, 1}}, " and quote ", Quoted{{&quote, 1}},
                      " do not fit. They are two characters that no number holds, such as ',' or "
                      "';' or a tab and '\"'."});
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

protected:
    [[noreturn, gnu::cold]] void fail(std::size_t line, std::size_t field,
                                      std::initializer_list<Piece> what) const {
        std::string where = source_;
        if (line) append(where += ":", line);
        if (field) append(where += ":", field);
        detail::fail(Error::Kind::data, {where}, what);
    }

    [[gnu::noinline]] static std::size_t count_lines(std::string_view text) {
        std::size_t n = 0;
        for (char const c : text) n += c == '\n';
        return n;
    }

    void begin(std::string_view text, std::size_t line) {
        cursor_ = text.data();
        end_ = cursor_ + text.size();
        line_ = line;
    }

    [[gnu::cold]] void refuse_nul(std::string_view text, std::size_t line) const {
        std::size_t const nul = text.find('\0');
        if (nul == text.npos) return;
        fail(line + count_lines(text.substr(0, nul)), 0,
             {"a NUL byte. This is no text, or UTF-16; save it as UTF-8."});
    }

    // cursor_ is at the begin of a cell, and afterwards at what ends it.

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

    [[gnu::noinline]] CsvCell cell(std::size_t field) {
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

    CsvOptions const& options_;
    std::string source_;
    char const* cursor_ = nullptr;
    char const* end_ = nullptr;
    std::size_t line_ = 1;

private:
    static bool fits(char c) {
        return c != '\n' && c != '\r' && !is_digit(c) && c != '.' && c != '+' && c != '-' &&
               !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z');
    }

    bool ends_[256] = {};
};

} // namespace lamina::detail
