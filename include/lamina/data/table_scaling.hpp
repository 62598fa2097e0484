// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/column_names.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/scaling.hpp>
#include <lamina/data/table.hpp>

#if LAMINA_BODIES
#include <cmath>
#endif

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

// Table's steps that scale, which are done when it is known which rows train.

namespace lamina {

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Table Table::standardize(ColumnNames const& names) && {
    for (std::size_t c : find_all(names)) {
        if (columns_[c].is_text()) fail_text(columns_[c]);
        columns_[c].pending_ = {Pending::Kind::standard, 0, 1, true};
    }
    for (Column& column : columns_) {
        if (names.empty() && column.is_number())
            column.pending_ = {Pending::Kind::standard, 0, 1, false};
    }
    return std::move(*this);
}

[[gnu::cold]] LAMINA_INLINE Table Table::min_max(ColumnNames const& names, double low,
                                                 double high) && {
    if (!(low < high) || !detail::is_finite(low) || !detail::is_finite(high)) {
        detail::fail(
            Error::Kind::argument, {"min_max"},
            {"from ", low, " to ", high, " is no range. The first number must be the lower one."});
    }
    for (std::size_t c : find_all(names)) {
        if (columns_[c].is_text()) fail_text(columns_[c]);
        columns_[c].pending_ = {Pending::Kind::min_max, low, high, true};
    }
    for (Column& column : columns_) {
        if (names.empty() && column.is_number())
            column.pending_ = {Pending::Kind::min_max, low, high, false};
    }
    return std::move(*this);
}

[[gnu::cold]] LAMINA_INLINE Scaling Table::fit(Rows const& columns, Rows const& rows,
                                               bool label) const {
    Scaling scaling;
    scaling.names = std::vector<std::string>(columns.size()); // resize() is one function more
    for (auto* numbers : {&scaling.offset, &scaling.scale, &scaling.fill})
        *numbers = std::vector<double>(columns.size());
    bool fills = false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        Column const& column = columns_[columns[i]];
        Pending const pending = label && !column.pending_.asked ? Pending{} : column.pending_;
        double offset = 0, scale = 1, filling = detail::missing_number;
        if (column.filling_ && !label) {
            auto const learn = column.filling_.learn;
            filling = learn ? learn(*this, column, rows) : column.filling_.value;
        }
        auto const value = [&](std::size_t row) { return column.number(row, filling); };
        if (pending.kind != Pending::Kind::none && !rows.empty()) {
            double low = value(rows.front()), high = low;
            for (std::size_t row : rows) {
                double const v = value(row);
                low = v < low ? v : low;
                high = v > high ? v : high;
            }
            bool const constant = !(low < high);
            if (pending.kind == Pending::Kind::min_max) {
                scale = constant ? 1 : (high - low) / (pending.high - pending.low);
                offset = low - pending.low * scale;
            } else if (constant) {
                offset = low; // exactly, so that exactly 0 is left
            } else {
                // Centred first: the mean of values around the lowest loses nothing to its own
                // size.
                double sum = 0, square = 0;
                for (std::size_t row : rows) sum += value(row) - low;
                offset = low + sum / double(rows.size());
                for (std::size_t row : rows) {
                    square += (value(row) - offset) * (value(row) - offset);
                }
                scale = std::sqrt(square / double(rows.size()));
            }
            if (!detail::is_finite(offset) || !detail::is_finite(scale) || !(scale > 0)) {
                detail::fail(Error::Kind::data, {where(column)},
                             {"this cannot be scaled: its values, from ", low, " to ", high,
                              ", are too far apart or too close together."});
            }
        }
        scaling.names[i] = column.name();
        scaling.offset[i] = offset;
        scaling.scale[i] = scale;
        scaling.fill[i] = filling;
        fills = fills || !detail::is_nan(filling);
    }
    if (!fills) scaling.fill.clear();
    return scaling;
}

/// The columns that the scaling names.
[[gnu::cold]] LAMINA_INLINE Table::Rows Table::match(Scaling const& scaling) const {
    std::size_t const n = scaling.names.size();
    if (scaling.offset.size() != n || scaling.scale.size() != n ||
        (!scaling.fill.empty() && scaling.fill.size() != n)) {
        detail::fail(Error::Kind::argument, {"Scaling"},
                     {"names, offset, scale and fill differ in length."});
    }
    Rows const columns = find_all(scaling.names);
    for (std::size_t c : columns) settled(columns_[c], "A scaling found before");
    return columns;
}

#endif

} // namespace lamina
