// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace lamina {

/// What standardize(), min_max() and fill_missing() learned: a value v of column c became
/// (v - offset[c]) / scale[c], and a gap, which is NaN, the same of fill[c]. A plain value, to be
/// kept with the model, so that what it predicts from is filled and scaled as what it was trained
/// on. A column that was not scaled has offset 0 and scale 1. Empty: nothing is known and nothing
/// is changed.
struct Scaling {
    std::vector<std::string> names; ///< the columns, in the order of x
    std::vector<double> offset;
    std::vector<double> scale;
    std::vector<double> fill = {}; ///< of each column, NaN: its gaps stay; or of none

    bool empty() const { return offset.empty(); }
    std::size_t columns() const { return offset.size(); }
    /// Does it leave every value as it is?
    bool identity() const {
        for (std::size_t c = 0; c < columns(); ++c) {
            if (offset[c] != 0 || scale[c] != 1 || !detail::is_nan(filling(c))) return false;
        }
        return true;
    }

    /// What a gap of this column becomes, before it is scaled; NaN: it stays one.
    double filling(std::size_t column) const {
        return fill.empty() ? std::numeric_limits<double>::quiet_NaN() : fill[column];
    }
    double apply(std::size_t column, double value) const {
        if (detail::is_nan(value)) value = filling(column);
        return (value - offset[column]) / scale[column];
    }
    double invert(std::size_t column, double value) const {
        return value * scale[column] + offset[column];
    }

    /// Scales rows of columns() values each, in place. Nothing happens when it is empty.
    template <class T>
    void apply(std::span<T> rows) const {
        each(rows, [this](std::size_t c, double v) { return apply(c, v); });
    }
    template <class T>
    void invert(std::span<T> rows) const {
        each(rows, [this](std::size_t c, double v) { return invert(c, v); });
    }
    /// The scaled x, (rows, columns()).
    template <class T>
    Tensor<T, 2> apply(Tensor<T, 2> x) const {
        apply(std::span<T>(x.data(), x.size()));
        return x;
    }
    template <class T>
    Tensor<T, 2> invert(Tensor<T, 2> x) const {
        invert(std::span<T>(x.data(), x.size()));
        return x;
    }

    bool operator==(Scaling const& other) const {
        bool same = names == other.names && offset == other.offset && scale == other.scale;
        for (std::size_t c = 0; same && c < columns(); ++c) {
            double const a = filling(c), b = other.filling(c);
            same = detail::is_nan(a) ? detail::is_nan(b) : a == b;
        }
        return same;
    }

private:
    template <class T, class F>
    void each(std::span<T> rows, F f) const {
        if (empty()) return;
        if (rows.size() % columns() != 0) {
            detail::fail(Error::Kind::argument, {"Scaling"},
                         {rows.size(), " values are no whole rows of ",
                          detail::Counted{columns(), "column"}, "."});
        }
        for (std::size_t i = 0; i < rows.size(); i += columns()) {
            for (std::size_t c = 0; c < columns(); ++c)
                rows[i + c] = static_cast<T>(f(c, double(rows[i + c])));
        }
    }
};

} // namespace lamina
