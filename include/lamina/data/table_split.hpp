// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/random.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/column.hpp>
#include <lamina/data/dataset.hpp>
#include <lamina/data/number.hpp>
#include <lamina/data/order.hpp>
#include <lamina/data/scaling.hpp>
#include <lamina/data/table.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Table's ways out: split, as data sets, as tensors.

namespace lamina {

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Table::Rows Table::labels(ColumnNames const& label) const {
    if (columns_.empty()) detail::fail(Error::Kind::data, {file()}, {"there are no columns."});
    Rows found(columns_.size());
    std::size_t n = 0;
    for (std::size_t i = 0; i < (label.empty() ? 1 : label.size()); ++i) {
        std::string const& name = label.empty() ? columns_.back().group() : label[i];
        std::size_t const before = n;
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            if (columns_[c].name() != name && columns_[c].group() != name) continue;
            if (n < found.size()) found[n++] = c;
        }
        if (n == before) fail_unknown(name);
    }
    found.resize(n);
    return found;
}

[[gnu::cold]] LAMINA_INLINE Table::Rows Table::features(Rows const& labels) const {
    Rows rest(columns_.size());
    std::size_t n = 0;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        bool label = false;
        for (std::size_t y : labels) label = label || y == c;
        if (!label) rest[n++] = c;
    }
    rest.resize(n);
    if (rest.empty()) {
        detail::fail(
            Error::Kind::data, {file()},
            {"nothing is left to predict from: every column is a label.", hint_of_separator()});
    }
    return rest;
}

/// Throws unless every value of these columns is a number, or a gap that the scaling fills.
[[gnu::cold]] LAMINA_INLINE void Table::ready(Rows const& columns, Scaling const& scaling) const {
    for (std::size_t c : columns) {
        if (columns_[c].is_text()) fail_text(columns_[c]);
    }
    if (rows() == 0) detail::fail(Error::Kind::data, {file()}, {"no rows are left."});
    for (std::size_t i = 0; i < columns.size(); ++i) {
        Column const& column = columns_[columns[i]];
        if (!detail::is_nan(scaling.filling(i))) continue;
        for (std::size_t row = 0; row < rows(); ++row) {
            if (!column.missing(row)) continue;
            detail::fail(Error::Kind::data, {where(row, column)},
                         {"a gap where a number is needed. Use drop_missing() or fill_missing(",
                          detail::Quoted{column.name()}, ", Fill::mean)."});
        }
    }
}

#endif

template <class T>
[[gnu::cold]] Tensor<T, 2> Table::gather(Rows const& columns, Rows const& rows,
                                         Scaling const& scaling) const {
    using Matrix = Tensor<T, 2>;
    Matrix to(typename Matrix::shape_type{rows.size(), columns.size()});
    T* out = to.data();
    for (std::size_t row : rows) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            double const value = columns_[columns[i]].number(row, scaling.filling(i));
            *out = static_cast<T>(scaling.apply(i, value));
            if (detail::is_finite(*out++)) continue;
            detail::fail(Error::Kind::data, {where(row, columns_[columns[i]])},
                         {value, std::is_same_v<T, float> ? " does not fit a float (3.4e38)."
                                                          : " does not fit a double once scaled."});
        }
    }
    return to;
}

template <class T>
[[gnu::cold]] Tensor<T, 2> Table::to_tensor() const {
    Rows columns;
    for (std::size_t c = 0; c < columns_.size(); ++c) columns.push_back(c);
    ready(columns, {});
    return gather<T>(columns, all_rows(), fit(columns, all_rows(), false));
}

template <class T>
[[gnu::cold]] Tensor<T, 2> Table::to_tensor(Scaling const& scaling) const {
    Rows const columns = match(scaling);
    ready(columns, scaling);
    return gather<T>(columns, all_rows(), scaling);
}

#if LAMINA_BODIES

/// Fills all but the scalings, which are there already.
[[gnu::cold]] LAMINA_INLINE void Table::gather(Dataset& to, Rows const& x, Rows const& y,
                                               Rows const& rows) const {
    to.x = gather<float>(x, rows, to.scaling);
    to.y = gather<float>(y, rows, to.target_scaling);
    Column const& label = columns_[y.front()];
    to.classes = std::vector<std::string>(label.classes());
    if (label.group() == label.name()) return;
    to.classes = std::vector<std::string>(y.size());
    for (std::size_t k = 0; k < y.size(); ++k) { // one_hot: column_value
        to.classes[k] = columns_[y[k]].name().substr(label.group().size() + 1);
    }
}

[[gnu::cold]] LAMINA_INLINE Dataset Table::to_dataset(DatasetOptions const& options) const {
    Rows const y = labels(options.label);
    Rows const x = options.scaling.empty() ? features(y) : match(options.scaling);
    ready(x, options.scaling);
    ready(y, {});
    Rows const rows = all_rows();
    Dataset set;
    set.scaling = options.scaling.empty() ? fit(x, rows, false) : options.scaling;
    set.target_scaling = fit(y, rows, true);
    gather(set, x, y, rows);
    return set;
}

/// A class number for each row: which value the label has, or which of its one-hot columns is the
/// largest.
[[gnu::cold]] LAMINA_INLINE std::vector<std::size_t>
Table::classes_of_rows(Rows const& labels) const {
    constexpr std::size_t limit = 1024;
    std::vector<std::size_t> classes(rows());
    std::vector<double> values;
    for (std::size_t row = 0; row < rows(); ++row) {
        std::size_t k = 0;
        if (labels.size() > 1) {
            for (std::size_t i = 1; i < labels.size(); ++i) {
                if (columns_[labels[i]].numbers_[row] > columns_[labels[k]].numbers_[row]) k = i;
            }
        } else {
            double const value = columns_[labels.front()].numbers_[row];
            while (k < values.size() && (values[k] < value || values[k] > value)) ++k;
            if (k == values.size()) values.push_back(value);
        }
        classes[row] = k;
        if (values.size() <= limit) continue;
        detail::fail(Error::Kind::data, {where(columns_[labels.front()])},
                     {"there are more than ", limit,
                      " different values, which are no classes to stratify by. Use .stratified = "
                      "false."});
    }
    return classes;
}

/// `validation` is null where there is none.
[[gnu::cold]] LAMINA_INLINE void Table::split_into(SplitInThreeOptions const& options,
                                                   Dataset& train, Dataset* validation,
                                                   Dataset& test) const {
    Rows const y = labels(options.label), x = features(y);
    ready(x, train.scaling);
    ready(y, train.target_scaling);
    auto const sizes = detail::part_sizes(rows(), "row", options);
    Column const& label = columns_[y.front()];
    bool one_hot = label.group() != label.name();
    for (std::size_t c : y) one_hot = one_hot && columns_[c].group() == label.group();
    bool const known = one_hot || (y.size() == 1 && !label.classes().empty());
    bool const stratified = options.stratified.value_or(known);
    if (stratified && y.size() > 1 && !one_hot) {
        detail::fail(Error::Kind::argument, {"split"},
                     {"several labels are no classes to stratify by. Use .stratified = false."});
    }
    auto const parts =
        detail::cut(rows(), sizes, options, stratified ? classes_of_rows(y) : Rows());
    train.scaling = fit(x, parts.train, false);
    train.target_scaling = fit(y, parts.train, true);
    struct Share {
        Dataset* set;
        Rows const& rows;
    };
    for (Share const& part : {Share{&train, parts.train}, Share{validation, parts.validation},
                              Share{&test, parts.test}}) {
        if (!part.set) continue;
        if (part.set != &train) {
            part.set->scaling = Scaling(train.scaling);
            part.set->target_scaling = Scaling(train.target_scaling);
        }
        gather(*part.set, x, y, part.rows);
    }
}

[[gnu::cold]] LAMINA_INLINE SplitInThree
Table::split_in_three(SplitInThreeOptions const& options) const {
    SplitInThree sets;
    split_into(options, sets.train, &sets.validation, sets.test);
    return sets;
}

[[gnu::cold]] LAMINA_INLINE Split Table::split(SplitOptions const& options) const {
    Split sets;
    split_into(detail::in_three(options), sets.train, nullptr, sets.test);
    return sets;
}

#endif

} // namespace lamina
