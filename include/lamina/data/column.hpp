// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/texts.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace lamina {

class Table;
namespace detail {
class CsvReader;
}

/// A named column of a Table: numbers or texts, either with gaps.
class Column {
public:
    Column();
    Column(std::string name, std::vector<double> numbers);
    Column(std::string name, Texts texts);
    Column(Column const&);
    Column(Column&&) noexcept;
    Column& operator=(Column const&);
    Column& operator=(Column&&) noexcept;
    ~Column();

    std::string const& name() const { return name_; }
    bool is_text() const { return text_; }
    bool is_number() const { return !text_; }
    std::size_t size() const { return text_ ? texts_.size() : numbers_.size(); }
    bool missing(std::size_t row) const {
        return text_ ? texts_.missing(row) : detail::is_nan(numbers_[row]);
    }
    /// How many gaps.
    std::size_t missing() const;
    /// The numbers, NaN at gaps; none if the column is text (Table::numbers throws then).
    Span<double const> numbers() const { return numbers_; }
    /// The texts; none if the column is a number.
    Texts const& texts() const { return texts_; }
    /// The texts that 0, 1, ... stand for, after map or encode; otherwise empty.
    std::vector<std::string> const& classes() const { return classes_; }
    /// The column that one_hot made this one of, or its own name.
    std::string const& group() const { return group_.empty() ? name_ : group_; }
    /// The values of these rows, in this order.
    Column take(Span<std::size_t const> rows) const;

private:
    friend class Table;
    friend class detail::CsvReader;

    /// What standardize or min_max left to be done once it is known which rows train.
    struct Pending {
        enum class Kind { none, standard, min_max } kind = Kind::none;
        double low = 0, high = 1;
        bool asked = false; // by name, so for a label too
    };

    /// What fill_missing put into gaps, until it is known which rows train.
    struct Filling {
        double value = std::numeric_limits<double>::quiet_NaN();
        /// Where the values of some rows say it; a program that does not ask for it has no code
        /// for it.
        double (*learn)(Table const&, Column const&, Span<std::size_t const> rows) = nullptr;

        explicit operator bool() const { return learn || !detail::is_nan(value); }
    };

    void become(std::vector<double> numbers);
    /// The number of a row where a gap is `filling`, or where that is NaN what it is now.
    double number(std::size_t row, double filling) const {
        double const raw = raw_.empty() ? numbers_[row] : raw_[row];
        return !detail::is_nan(raw) ? raw : detail::is_nan(filling) ? numbers_[row] : filling;
    }

    std::string name_;
    bool text_ = false;
    std::vector<double> numbers_;
    std::vector<double> raw_; // with its gaps, or none where nothing was filled
    Texts texts_;
    std::vector<std::string> classes_;
    std::string group_;
    std::size_t field_ = 0; // place in its file from 1, 0 if it did not come from one
    Pending pending_;
    Filling filling_;
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Column::Column() = default;
[[gnu::cold]] LAMINA_INLINE Column::Column(std::string name, std::vector<double> numbers)
    : name_(std::move(name)), numbers_(std::move(numbers)) {}
[[gnu::cold]] LAMINA_INLINE Column::Column(std::string name, Texts texts)
    : name_(std::move(name)), text_(true), texts_(std::move(texts)) {}
[[gnu::cold]] LAMINA_INLINE Column::Column(Column const&) = default;
[[gnu::cold]] LAMINA_INLINE Column::Column(Column&&) noexcept = default;
[[gnu::cold]] LAMINA_INLINE Column& Column::operator=(Column const&) = default;
[[gnu::cold]] LAMINA_INLINE Column& Column::operator=(Column&&) noexcept = default;
[[gnu::cold]] LAMINA_INLINE Column::~Column() = default;

[[gnu::cold]] LAMINA_INLINE std::size_t Column::missing() const {
    std::size_t n = 0;
    for (std::size_t i = 0; i < size(); ++i) n += missing(i);
    return n;
}

[[gnu::cold]] LAMINA_INLINE Column Column::take(Span<std::size_t const> rows) const {
    Column taken(name_, std::vector<double>());
    for (auto const values : {&Column::numbers_, &Column::raw_}) {
        std::vector<double> const& from = this->*values;
        std::vector<double> to(from.empty() ? 0 : rows.size());
        for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[rows[i]];
        taken.*values = std::move(to);
    }
    if (text_) taken.texts_ = texts_.take(rows);
    taken.text_ = text_;
    taken.classes_ = std::vector<std::string>(classes_); // a copy, as is made elsewhere too
    taken.group_ = group_;
    taken.field_ = field_;
    taken.pending_ = pending_;
    taken.filling_ = filling_;
    return taken;
}

[[gnu::cold]] LAMINA_INLINE void Column::become(std::vector<double> numbers) {
    numbers_ = std::move(numbers);
    raw_.clear();
    filling_ = {};
    texts_ = Texts();
    text_ = false;
    classes_.clear();
}

#endif

} // namespace lamina
