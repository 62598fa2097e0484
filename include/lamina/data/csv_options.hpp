// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/data/column.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace lamina {

/// How a CSV text is to be read.
struct CsvOptions {
    char separator = ',';
    /// '\0': quotes are characters like any other.
    char quote = '"';
    /// Does the first line name the columns?
    bool header = true;
    /// Names for the columns, in place of the header's.
    ColumnNames names = {};
    /// Columns that must be numbers: an error where a cell is none.
    ColumnNames numbers = {};
    /// Columns that stay text, though they may look like numbers.
    ColumnNames texts = {};
    /// Cells that stand for no value.
    std::vector<std::string> gaps = {"", "NA", "?"};
    /// Drop the blanks around texts that are not in quotes?
    bool trim = false;
    /// More columns are refused, so that no file can ask for any memory it likes.
    std::size_t max_columns = 65536;
};

} // namespace lamina
