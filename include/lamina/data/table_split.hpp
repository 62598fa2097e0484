// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/core/random.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/dataset.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/order.hpp>
#include <lamina/data/scaling.hpp>
#include <lamina/data/table.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Table's ways out: scaled, split, as tensors.

namespace lamina {

// ---- scaling

inline Table Table::standardize(Names const& names) && {
    for (std::size_t c : find_all(names)) {
        if (columns_[c].is_text()) throw_text(columns_[c]);
        columns_[c].pending_ = {Pending::Kind::standard, 0, 1, true};
    }
    for (Column& column : columns_) {
        if (names.empty() && column.is_number())
            column.pending_ = {Pending::Kind::standard, 0, 1, false};
    }
    return std::move(*this);
}

inline Table Table::min_max(Names const& names, double low, double high) && {
    if (!(low < high) || !detail::is_finite(low) || !detail::is_finite(high)) {
        throw Error(Error::Kind::argument, "min_max",
                    "from " + detail::short_number(low) + " to " + detail::short_number(high) +
                        " is no range. The first number must be the lower one.");
    }
    for (std::size_t c : find_all(names)) {
        if (columns_[c].is_text()) throw_text(columns_[c]);
        columns_[c].pending_ = {Pending::Kind::min_max, low, high, true};
    }
    for (Column& column : columns_) {
        if (names.empty() && column.is_number())
            column.pending_ = {Pending::Kind::min_max, low, high, false};
    }
    return std::move(*this);
}

inline Scaling Table::fit(Rows const& columns, Rows const& rows, bool label) const {
    Scaling scaling;
    for (std::size_t c : columns) {
        Column const& column = columns_[c];
        Pending const pending = label && !column.pending_.asked ? Pending{} : column.pending_;
        double offset = 0, scale = 1;
        if (pending.kind != Pending::Kind::none && !rows.empty()) {
            double low = column.numbers_[rows.front()], high = low;
            for (std::size_t row : rows) {
                low = std::min(low, column.numbers_[row]);
                high = std::max(high, column.numbers_[row]);
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
                for (std::size_t row : rows) sum += column.numbers_[row] - low;
                offset = low + sum / double(rows.size());
                for (std::size_t row : rows) {
                    square += (column.numbers_[row] - offset) * (column.numbers_[row] - offset);
                }
                scale = std::sqrt(square / double(rows.size()));
            }
            if (!detail::is_finite(offset) || !detail::is_finite(scale) || !(scale > 0)) {
                throw Error(Error::Kind::data, where(column),
                            "cannot be scaled: its values, from " + detail::short_number(low) +
                                " to " + detail::short_number(high) +
                                ", are too far apart or too close together.");
            }
        }
        scaling.names.push_back(column.name());
        scaling.offset.push_back(offset);
        scaling.scale.push_back(scale);
    }
    return scaling;
}

inline Scaling Table::match(Scaling const& scaling, Rows& columns) const {
    columns = find_all(Names(scaling.names));
    if (scaling.names.size() != scaling.offset.size() ||
        scaling.offset.size() != scaling.scale.size()) {
        throw Error(Error::Kind::argument, "Scaling", "names, offset and scale differ in length.");
    }
    for (std::size_t c : columns) settled(columns_[c], "A scaling found before");
    return scaling;
}

// ---- out

inline Table::Rows Table::labels(Names const& label) const {
    if (columns_.empty())
        throw Error(Error::Kind::data, source_.empty() ? "table" : source_, "has no columns.");
    Rows found;
    for (std::string const& name : label.empty() ? Names(columns_.back().group()) : label) {
        std::size_t const before = found.size();
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            if (columns_[c].name() == name || columns_[c].group() == name) found.push_back(c);
        }
        if (found.size() == before) find(name); // throws
    }
    return found;
}

inline Table::Rows Table::features(Rows const& labels) const {
    Rows rest;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        if (std::find(labels.begin(), labels.end(), c) == labels.end()) rest.push_back(c);
    }
    if (rest.empty()) {
        throw Error(Error::Kind::data, source_.empty() ? "table" : source_,
                    "nothing is left to predict from: every column is a label.");
    }
    return rest;
}

/// Throws unless every value of these columns is a number.
inline void Table::ready(Rows const& columns) const {
    for (std::size_t c : columns) {
        if (columns_[c].is_text()) throw_text(columns_[c]);
    }
    if (rows() == 0) {
        throw Error(Error::Kind::data, source_.empty() ? "table" : source_, "no rows are left.");
    }
    for (std::size_t c : columns) {
        for (std::size_t row = 0; row < rows(); ++row) {
            if (!columns_[c].missing(row)) continue;
            throw Error(Error::Kind::data, where(row, columns_[c]),
                        "is a gap where a number is needed. Use drop_missing() or fill_missing(" +
                            detail::quoted(columns_[c].name()) + ", Fill::mean).");
        }
    }
}

template <class T>
Tensor<T, 2> Table::gather(Rows const& columns, Rows const& rows, Scaling const& scaling) const {
    auto to = Tensor<T, 2>::from_shape(std::array<std::size_t, 2>{rows.size(), columns.size()});
    T* out = to.data();
    for (std::size_t row : rows) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            double const value = columns_[columns[i]].numbers_[row];
            double const scaled = scaling.empty() ? value : scaling.apply(i, value);
            *out = static_cast<T>(scaled);
            if (!detail::is_finite(*out++)) {
                throw Error(Error::Kind::data, where(row, columns_[columns[i]]),
                            detail::short_number(value) + " does not fit a " +
                                (std::is_same_v<T, float> ? "float (3.4e38)."
                                                          : "double once it is scaled."));
            }
        }
    }
    return to;
}

template <class T>
Tensor<T, 2> Table::to_tensor() const {
    Rows columns(columns_.size());
    std::iota(columns.begin(), columns.end(), std::size_t{0});
    ready(columns);
    return gather<T>(columns, all_rows(), fit(columns, all_rows(), false));
}

template <class T>
Tensor<T, 2> Table::to_tensor(Scaling const& scaling) const {
    Rows columns;
    match(scaling, columns);
    ready(columns);
    return gather<T>(columns, all_rows(), scaling);
}

inline Dataset Table::dataset(Rows const& x, Rows const& y, Rows const& rows, Scaling const& of_x,
                              Scaling const& of_y) const {
    Dataset set;
    set.x = gather<float>(x, rows, of_x);
    set.y = gather<float>(y, rows, of_y);
    for (std::size_t c : x) set.features.push_back(columns_[c].name());
    for (std::size_t c : y) set.targets.push_back(columns_[c].name());
    if (y.size() == 1) set.classes = columns_[y.front()].classes();
    if (y.size() > 1 && columns_[y.front()].group() != columns_[y.front()].name()) { // one_hot
        for (std::size_t c : y)
            set.classes.push_back(columns_[c].name().substr(columns_[c].group().size() + 1));
    }
    set.scaling = of_x;
    set.target_scaling = of_y;
    return set;
}

inline Dataset Table::to_dataset(DatasetOptions const& options) const {
    Rows const y = labels(options.label);
    Rows x;
    if (options.scaling.empty()) x = features(y);
    else match(options.scaling, x);
    Rows used = x;
    used.insert(used.end(), y.begin(), y.end());
    ready(used);
    Rows const rows = all_rows();
    return dataset(x, y, rows, options.scaling.empty() ? fit(x, rows, false) : options.scaling,
                   fit(y, rows, true));
}

/// A class number for each row: which value the label has, or which of its one-hot columns is the
/// largest.
inline std::vector<std::size_t> Table::classes_of_rows(Rows const& labels) const {
    std::vector<std::size_t> classes(rows());
    if (labels.size() > 1) {
        for (std::size_t row = 0; row < rows(); ++row) {
            for (std::size_t i = 1; i < labels.size(); ++i) {
                auto const value = [&](std::size_t k) { return columns_[labels[k]].numbers_[row]; };
                if (value(i) > value(classes[row])) classes[row] = i;
            }
        }
        return classes;
    }
    Column const& label = columns_[labels.front()];
    std::vector<double> values = label.numbers_;
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.size() > std::max<std::size_t>(2, rows() / 2)) {
        throw Error(Error::Kind::data, where(label),
                    "has " + std::to_string(values.size()) + " different values in " +
                        detail::counted(rows(), "row") +
                        ": these are no classes to stratify by. Use .stratified = false.");
    }
    for (std::size_t row = 0; row < rows(); ++row) {
        classes[row] = std::size_t(
            std::lower_bound(values.begin(), values.end(), label.numbers_[row]) - values.begin());
    }
    return classes;
}

namespace detail {

/// Takes the last `count` of the rows, or as many of each class as is its share (largest remainders
/// first, and never the whole of a class of several rows). Both parts keep their order.
inline std::vector<std::size_t> take_part(std::vector<std::size_t>& rows, std::size_t count,
                                          std::span<std::size_t const> class_of_row) {
    std::vector<std::size_t> part;
    if (class_of_row.empty()) {
        part.assign(rows.end() - std::ptrdiff_t(count), rows.end());
        rows.resize(rows.size() - count);
        return part;
    }
    std::vector<std::size_t> sizes;
    for (std::size_t row : rows) {
        if (class_of_row[row] >= sizes.size()) sizes.resize(class_of_row[row] + 1);
        ++sizes[class_of_row[row]];
    }
    std::vector<std::size_t> quota(sizes.size()), by_remainder(sizes.size());
    std::vector<double> remainder(sizes.size());
    std::size_t given = 0;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
        double const share = double(count) * double(sizes[k]) / double(rows.size());
        quota[k] = std::size_t(share);
        remainder[k] = share - double(quota[k]);
        given += quota[k];
        by_remainder[k] = k;
    }
    std::stable_sort(by_remainder.begin(), by_remainder.end(),
                     [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
    for (int whole = 0; whole < 2; ++whole) { // classes are used up only if nothing else is left
        for (std::size_t k : by_remainder) {
            if (given < count && quota[k] + (whole ? 0 : 1) < sizes[k]) {
                ++quota[k];
                ++given;
            }
        }
    }
    std::vector<char> taken(rows.size());
    for (std::size_t i = rows.size(); i-- > 0;) {
        std::size_t& left = quota[class_of_row[rows[i]]];
        if (left == 0) continue;
        --left;
        taken[i] = 1;
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (taken[i]) part.push_back(rows[i]);
        else rows[kept++] = rows[i];
    }
    rows.resize(kept);
    return part;
}

} // namespace detail

inline std::vector<Dataset> Table::parts(SplitInThreeOptions const& options, bool three) const {
    Rows const y = labels(options.label), x = features(y);
    Rows used = x;
    used.insert(used.end(), y.begin(), y.end());
    ready(used);

    auto const count = [&](float share, std::size_t number, char const* option) {
        if (number == 0 && !(share >= 0 && share < 1)) {
            throw Error(
                Error::Kind::argument, "split",
                std::string(option) + " = " + detail::short_number(double(share)) +
                    " is no share of the rows. It is from 0 to less than 1; a number of rows is " +
                    option + "_rows.");
        }
        std::size_t const n =
            number ? number : std::size_t(std::llround(double(share) * double(rows())));
        if ((n == 0 && share > 0) || n >= rows()) {
            throw Error(Error::Kind::argument, "split",
                        std::string(option) + " would get " + std::to_string(n) + " of " +
                            detail::counted(rows(), "row") +
                            ", and every part needs at least one.");
        }
        return n;
    };
    std::size_t const test = count(options.test, options.test_rows, ".test");
    std::size_t const validation =
        three ? count(options.validation, options.validation_rows, ".validation") : 0;
    if (test + validation >= rows()) {
        throw Error(Error::Kind::argument, "split",
                    std::to_string(validation) + " rows to validate and " + std::to_string(test) +
                        " to test leave none of " + detail::counted(rows(), "row") + " to train.");
    }

    bool const one_hot = y.size() > 1 && columns_[y.front()].group() == columns_[y.back()].group();
    bool const known_classes = one_hot || (y.size() == 1 && !columns_[y.front()].classes().empty());
    if (options.stratified.value_or(false) && y.size() > 1 && !one_hot) {
        throw Error(Error::Kind::argument, "split",
                    "several labels are no classes to stratify by. Use .stratified = false.");
    }
    std::vector<std::size_t> const classes = options.stratified.value_or(known_classes)
                                                 ? classes_of_rows(y)
                                                 : std::vector<std::size_t>();

    Rows train = all_rows();
    if (options.shuffle) detail::shuffle(train, Random{options.seed});
    Rows const test_rows = detail::take_part(train, test, classes);
    Rows const validation_rows = detail::take_part(train, validation, classes);
    Scaling const of_x = fit(x, train, false), of_y = fit(y, train, true);
    std::vector<Dataset> sets;
    sets.push_back(dataset(x, y, train, of_x, of_y));
    sets.push_back(dataset(x, y, validation_rows, of_x, of_y));
    sets.push_back(dataset(x, y, test_rows, of_x, of_y));
    return sets;
}

inline Split Table::split(SplitOptions const& options) const {
    std::vector<Dataset> sets = parts({.validation = 0,
                                       .test = options.test,
                                       .validation_rows = 0,
                                       .test_rows = options.test_rows,
                                       .seed = options.seed,
                                       .shuffle = options.shuffle,
                                       .stratified = options.stratified,
                                       .label = options.label},
                                      false);
    return {std::move(sets[0]), std::move(sets[2])};
}

inline SplitInThree Table::split_in_three(SplitInThreeOptions const& options) const {
    std::vector<Dataset> sets = parts(options, true);
    return {std::move(sets[0]), std::move(sets[1]), std::move(sets[2])};
}

} // namespace lamina
