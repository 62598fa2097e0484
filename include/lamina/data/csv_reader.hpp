// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/list.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/column_names.hpp>
#include <lamina/data/csv_cells.hpp>
#include <lamina/data/csv_options.hpp>
#include <lamina/data/lines.hpp>
#include <lamina/data/not_a_number.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/table.hpp>
#include <lamina/data/table_names.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina::detail {

/// Reads the rows of a CSV text into columns. One reader reads the header and then one block of
/// rows or several.
class CsvReader : public CsvCells {
public:
    /// Keeps a reference to the options.
    [[gnu::cold]] CsvReader(CsvOptions const& options, std::string source)
        : CsvCells(options, std::move(source)) {
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
        names_ = {};
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

private:
    /// What becomes of a column's cells. A column is taken for numbers until a cell is none; then
    /// it is skipped, to be collected as text by a second walk.
    struct Sink {
        enum Mode : unsigned char { number, text, collect, skip } mode = number;
        std::size_t bytes = 0;
    };

    static std::string nameless(std::size_t column) { return message({"column", column + 1}); }

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
        take_text(c, row_line);
    }

    /// A cell that is not plainly a number.
    [[gnu::noinline]] void take_text(std::size_t c, std::size_t row_line) {
        Sink& sink = sinks_[c];
        Column& column = columns_[c];
        CsvCell const found = cell(c + 1);
        sink.bytes += found.text.size();
        if (sink.mode == Sink::number) {
            double value = 0;
            bool const number = parse_number(found.text, value);
            if (number ? is_gap(value) : is_gap(found.text)) value = missing_number;
            if (number || is_missing(value)) column.numbers_.push_back(value);
            else end_numbers(c, row_line, found);
        } else if (sink.mode == Sink::collect) {
            if (is_gap(found.text)) column.texts_.push_missing();
            else if (!found.doubled) {
                column.texts_.push_back(options_.trim && !found.quoted ? trimmed(found.text)
                                                                       : found.text);
            } else {
                scratch_.clear();
                append_text(scratch_, found);
                column.texts_.push_back(scratch_);
            }
        }
    }

    /// A column that was taken for numbers is text.
    [[gnu::cold]] void end_numbers(std::size_t c, std::size_t row_line, CsvCell const& found) {
        if (options_.numbers.contains(names_[c])) {
            std::string text;
            append_text(text, found);
            detail::fail(Error::Kind::data,
                         {source_, ":", row_line, ":", c + 1, " (column ", Quoted{names_[c]}, ")"},
                         {not_a_number(text, names_[c])});
        }
        sinks_[c].mode = Sink::text;
        columns_[c].numbers_ = std::vector<double>();
    }

    List<double> number_gaps_;
    List<std::string> names_;
    std::size_t header_line_ = 1;
    std::unique_ptr<Sink[]> sinks_;
    Column* columns_ = nullptr;
    std::string scratch_;
};

} // namespace lamina::detail
