// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/data/number.hpp>

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

namespace detail {
class CsvReader;
}

/// One column name or several, where an argument or option takes them: "age", {"age", "fare"}.
class ColumnNames {
public:
    // Vectors grow by resize alone here and in all that the usual chain of steps calls: every other
    // way to grow is one more function that each program compiles.
    ColumnNames() = default;
    ColumnNames(std::string_view name) : names_(1) { names_[0] = name; }
    ColumnNames(char const* name) : ColumnNames(std::string_view(name)) {}
    ColumnNames(std::string const& name) : ColumnNames(std::string_view(name)) {}
    ColumnNames(std::initializer_list<std::string_view> names) : names_(names.size()) {
        for (std::size_t i = 0; i < names_.size(); ++i) names_[i] = names.begin()[i];
    }
    ColumnNames(std::vector<std::string> names) : names_(std::move(names)) {}

    bool empty() const { return names_.empty(); }
    std::size_t size() const { return names_.size(); }
    std::string const& operator[](std::size_t i) const { return names_[i]; }
    auto begin() const { return names_.begin(); }
    auto end() const { return names_.end(); }
    bool contains(std::string_view name) const {
        for (std::string const& n : names_) {
            if (n == name) return true;
        }
        return false;
    }

private:
    std::vector<std::string> names_;
};

/// Texts, or gaps, one behind the other in one block: 8 bytes and its characters for each.
class Texts {
public:
    std::size_t size() const { return ends_.size(); }
    bool missing(std::size_t i) const { return ends_[i] & gap; }
    /// Empty for a gap.
    std::string_view operator[](std::size_t i) const {
        std::size_t const begin = i == 0 ? 0 : ends_[i - 1] & ~gap;
        return std::string_view(bytes_).substr(begin, (ends_[i] & ~gap) - begin);
    }

    void reserve(std::size_t texts, std::size_t bytes) {
        ends_.reserve(texts);
        bytes_.reserve(bytes);
    }
    void push_back(std::string_view text) {
        bytes_ += text;
        ends_.push_back(bytes_.size());
    }
    /// These texts, in this order.
    Texts take(std::span<std::size_t const> from) const {
        std::size_t bytes = 0;
        for (std::size_t i : from) bytes += (*this)[i].size();
        Texts taken;
        taken.reserve(from.size(), bytes);
        for (std::size_t i : from) {
            if (missing(i)) taken.push_missing();
            else taken.push_back((*this)[i]);
        }
        return taken;
    }
    void push_missing() { ends_.push_back(bytes_.size() | gap); }

    bool operator==(Texts const&) const = default;

private:
    static constexpr std::size_t gap = ~(~std::size_t{0} >> 1);
    std::string bytes_;
    std::vector<std::size_t> ends_; // where each text ends; the highest bit marks a gap
};

/// A named column of a Table: numbers or texts, either with gaps.
class Column {
public:
    Column() = default;
    Column(std::string name, std::vector<double> numbers)
        : name_(std::move(name)), numbers_(std::move(numbers)) {}
    Column(std::string name, Texts texts)
        : name_(std::move(name)), text_(true), texts_(std::move(texts)) {}

    std::string const& name() const { return name_; }
    bool is_text() const { return text_; }
    bool is_number() const { return !text_; }
    std::size_t size() const { return text_ ? texts_.size() : numbers_.size(); }
    bool missing(std::size_t row) const {
        return text_ ? texts_.missing(row) : detail::is_missing(numbers_[row]);
    }
    /// How many gaps.
    std::size_t missing() const {
        std::size_t n = 0;
        for (std::size_t i = 0; i < size(); ++i) n += missing(i);
        return n;
    }
    /// The numbers, NaN at gaps; none if the column is text (Table::numbers throws then).
    std::span<double const> numbers() const { return numbers_; }
    /// The texts; none if the column is a number.
    Texts const& texts() const { return texts_; }
    /// The texts that 0, 1, ... stand for, after map or encode; otherwise empty.
    std::vector<std::string> const& classes() const { return classes_; }
    /// The column that one_hot made this one of, or its own name.
    std::string const& group() const { return group_.empty() ? name_ : group_; }

private:
    friend class Table;
    friend class detail::CsvReader;

    /// What standardize or min_max left to be done once it is known which rows train.
    struct Pending {
        enum class Kind { none, standard, min_max } kind = Kind::none;
        double low = 0, high = 1;
        bool asked = false; // by name, so for a label too
    };

    void become(std::vector<double> numbers) {
        numbers_ = std::move(numbers);
        texts_ = Texts();
        text_ = false;
        classes_.clear();
    }

    std::string name_;
    bool text_ = false;
    std::vector<double> numbers_;
    Texts texts_;
    std::vector<std::string> classes_;
    std::string group_;
    std::size_t field_ = 0; // place in its file from 1, 0 if it did not come from one
    Pending pending_;
};

} // namespace lamina
