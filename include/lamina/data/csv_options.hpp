// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/data/column_names.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace lamina {

namespace detail {
/// "", "NA" and "?".
std::vector<std::string> usual_gaps();
} // namespace detail

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
    /// Cells that stand for no value: {"", "NA", "?"} unless said otherwise.
    std::vector<std::string> gaps = detail::usual_gaps();
    /// Drop the blanks around texts that are not in quotes?
    bool trim = false;
    /// More columns are refused, so that no file can ask for any memory it likes.
    std::size_t max_columns = 65536;
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE std::vector<std::string> detail::usual_gaps() {
    std::vector<std::string> gaps(3);
    gaps[1] = "NA";
    gaps[2] = "?";
    return gaps;
}

#endif

} // namespace lamina
