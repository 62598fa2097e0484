// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/list.hpp>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace lamina {

/// One column name or several, where an argument or option takes them: "age", {"age", "fare"}.
class ColumnNames {
public:
    ColumnNames() = default;
    ColumnNames(std::string_view name);
    ColumnNames(char const* name) : ColumnNames(std::string_view(name)) {}
    ColumnNames(std::string const& name) : ColumnNames(std::string_view(name)) {}
    ColumnNames(std::initializer_list<std::string_view> names);
    ColumnNames(std::vector<std::string> const& names);
    // Out of line: each call with options copies and destroys some.
    ColumnNames(ColumnNames const&);
    ColumnNames(ColumnNames&&) noexcept;
    ColumnNames& operator=(ColumnNames const&);
    ColumnNames& operator=(ColumnNames&&) noexcept;
    ~ColumnNames();

    bool empty() const { return names_.empty(); }
    std::size_t size() const { return names_.size(); }
    std::string const& operator[](std::size_t i) const { return names_[i]; }
    auto begin() const { return names_.begin(); }
    auto end() const { return names_.end(); }
    bool contains(std::string_view name) const;

private:
    detail::List<std::string> names_;
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE ColumnNames::ColumnNames(std::string_view name) {
    names_.emplace_back(name);
}
[[gnu::cold]] LAMINA_INLINE
ColumnNames::ColumnNames(std::initializer_list<std::string_view> names) {
    for (std::string_view const name : names) names_.emplace_back(name);
}
[[gnu::cold]] LAMINA_INLINE ColumnNames::ColumnNames(std::vector<std::string> const& names) {
    for (std::string_view const name : names) names_.emplace_back(name);
}
[[gnu::cold]] LAMINA_INLINE ColumnNames::ColumnNames(ColumnNames const&) = default;
[[gnu::cold]] LAMINA_INLINE ColumnNames::ColumnNames(ColumnNames&&) noexcept = default;
[[gnu::cold]] LAMINA_INLINE ColumnNames& ColumnNames::operator=(ColumnNames const&) = default;
[[gnu::cold]] LAMINA_INLINE ColumnNames& ColumnNames::operator=(ColumnNames&&) noexcept = default;
[[gnu::cold]] LAMINA_INLINE ColumnNames::~ColumnNames() = default;

[[gnu::cold]] LAMINA_INLINE bool ColumnNames::contains(std::string_view name) const {
    for (std::string const& n : names_) {
        if (n == name) return true;
    }
    return false;
}

#endif

} // namespace lamina
