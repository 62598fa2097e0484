// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/table.hpp>

#if LAMINA_BODIES
#include <algorithm>
#include <array>
#include <cmath>
#endif

#include <cstddef>
#include <string>
#include <vector>

namespace lamina {

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE std::string Table::describe() const {
    std::vector<std::array<std::string, 8>> lines{
        {"column", "values", "gaps", "mean", "std", "min", "median", "max"}};
    for (Column const& column : columns_) {
        std::size_t const gaps = column.missing(), n = column.size() - gaps;
        lines.push_back(
            {column.name(), std::to_string(n), std::to_string(gaps), "", "", "", "", ""});
        if (column.is_text()) lines.back()[3] = "text";
        if (column.is_text() || n == 0) continue;
        std::vector<double> values;
        for (double v : column.numbers_) {
            if (!detail::is_missing(v)) values.push_back(v);
        }
        std::sort(values.begin(), values.end());
        double mean = 0, square = 0;
        for (double v : values) mean += v / double(n);
        for (double v : values) square += (v - mean) * (v - mean);
        double const median = (values[(n - 1) / 2] + values[n / 2]) / 2;
        lines.back()[3] = detail::message({mean});
        if (n > 1) lines.back()[4] = detail::message({std::sqrt(square / double(n - 1))});
        lines.back()[5] = detail::message({values.front()});
        lines.back()[6] = detail::message({median});
        lines.back()[7] = detail::message({values.back()});
    }
    std::array<std::size_t, 8> width{};
    for (auto const& line : lines) {
        for (std::size_t i = 0; i < 8; ++i) width[i] = std::max(width[i], line[i].size());
    }
    std::string out;
    for (auto const& line : lines) {
        out += line[0] + std::string(width[0] - line[0].size(), ' ');
        for (std::size_t i = 1; i < 8; ++i)
            out += std::string(width[i] - line[i].size() + 2, ' ') + line[i];
        out.erase(out.find_last_not_of(' ') + 1);
        out += '\n';
    }
    return out;
}

#endif

} // namespace lamina
