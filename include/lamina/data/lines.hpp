// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/span.hpp>

#include <cstddef>
#include <vector>

namespace lamina {

/// What stands where in a file: row r of a table began at line at(r). Memory only where lines and
/// rows do not run in step.
struct Lines {
    std::size_t first = 0;
    std::vector<std::size_t> each = {};

    std::size_t at(std::size_t row) const { return each.empty() ? first + row : each[row]; }
    /// Row `row`, the next one, began at `line`.
    void add(std::size_t row, std::size_t line);
    /// Those of these rows, in this order.
    Lines take(Span<std::size_t const> rows) const;
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void Lines::add(std::size_t row, std::size_t line) {
    if (row == 0) first = line;
    if (each.empty() && line == first + row) return;
    for (std::size_t i = each.size(); i < row; ++i) each.push_back(first + i);
    if (row == each.size()) each.push_back(line);
}

[[gnu::cold]] LAMINA_INLINE Lines Lines::take(Span<std::size_t const> rows) const {
    Lines taken{first, std::vector<std::size_t>(rows.size())};
    for (std::size_t i = 0; i < rows.size(); ++i) taken.each[i] = at(rows[i]);
    return taken;
}

#endif

} // namespace lamina
