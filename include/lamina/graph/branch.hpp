// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/row.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace lamina {

namespace detail {

/// Whether s[i] begins a word: a capital behind a small letter or before one (Keras' rule,
/// keras/src/utils/naming.py).
constexpr bool begins_word(std::string_view s, std::size_t i) {
    auto const upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    auto const lower = [](char c) { return c >= 'a' && c <= 'z'; };
    return i > 0 && upper(s[i]) && (lower(s[i - 1]) || (i + 1 < s.size() && lower(s[i + 1])));
}
constexpr char small_letter(char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; }

} // namespace detail

/// What a path such as "encoder/dense_1" leads to in a network: a block, a layer, or, with a
/// tensor's name behind it, one of the layer's tensors. Found by the compiler, where Paths cannot
/// be: it puts texts together.
struct Branch {
    int scope = -1; ///< -1: nothing
    std::string_view tensor{};

    /// Whether a tensor of a row lies there.
    template <class Table>
    constexpr bool holds(Table const& table, int row, std::string_view its) const {
        int s = table.rows[std::size_t(row)].scope;
        if (scope < 0 || s < 0) return false;
        if (!tensor.empty()) return s == scope && its == tensor;
        while (s >= 0 && s != scope) s = table.scopes[std::size_t(s)].parent;
        return s == scope;
    }
};

namespace detail {

/// Where c stands in s first, or last; npos: nowhere. Its own find() is no constant to g++ 12
/// with -fsanitize=undefined where s is an argument of a template.
constexpr std::size_t first_of(std::string_view s, char c) {
    for (std::size_t i = 0; i < s.size(); ++i)
        if (s[i] == c) return i;
    return s.npos;
}
constexpr std::size_t last_of(std::string_view s, char c) {
    for (std::size_t i = s.size(); i > 0; --i)
        if (s[i - 1] == c) return i - 1;
    return s.npos;
}

/// Whether a scope has this name, before it is told apart from its brothers by a number.
constexpr bool is_called(Scope const& scope, std::string_view wanted) {
    if (scope.given) return scope.name == wanted;
    std::size_t at = 0;
    for (std::size_t i = 0; i < scope.name.size(); ++i) {
        if (begins_word(scope.name, i) && at > 0 && wanted[at - 1] != '_' &&
            (at == wanted.size() || wanted[at++] != '_'))
            return false;
        if (at == wanted.size() || wanted[at++] != small_letter(scope.name[i])) return false;
    }
    return at == wanted.size();
}

/// The scope of that name in another one (-1: in the network); -1 if there is none. "dense_2" is
/// the third dense in the order of the table, as in Paths.
template <class Table>
constexpr int child_called(Table const& table, int parent, std::string_view name) {
    std::size_t const cut = last_of(name, '_') + 1;
    int number = cut > 0 && cut < name.size() && name[cut] != '0' ? 0 : -1;
    for (std::size_t i = cut; number >= 0 && i < name.size(); ++i)
        number = name[i] >= '0' && name[i] <= '9' && number < 10000000
                     ? 10 * number + (name[i] - '0')
                     : -1;
    std::array<bool, std::tuple_size_v<decltype(table.scopes)>> seen{};
    int older = 0;
    for (int i = 0; i < table.size; ++i)
        for (int s = table.rows[std::size_t(i)].scope; s >= 0;) {
            auto const& scope = table.scopes[std::size_t(s)];
            if (scope.parent == parent && !seen[std::size_t(s)]) {
                seen[std::size_t(s)] = true;
                if (is_called(scope, name)) return s;
                if (number > 0 && is_called(scope, name.substr(0, cut - 1)) && older++ == number)
                    return s;
            }
            s = scope.parent;
        }
    return -1;
}
template <class Table>
constexpr int scope_at(Table const& table, std::string_view path) {
    int scope = -1;
    for (;;) {
        std::size_t const end = first_of(path, '/');
        scope = child_called(table, scope, path.substr(0, end));
        if (scope < 0 || end == path.npos) return scope;
        path.remove_prefix(end + 1);
    }
}

} // namespace detail

/// What a path leads to. It holds nothing if there is no such path.
template <class Table>
constexpr Branch branch_at(Table const& table, std::string_view path) {
    if (int const scope = detail::scope_at(table, path); scope >= 0) return {scope};
    std::size_t const cut = detail::last_of(path, '/');
    if (cut == path.npos || cut + 1 == path.size()) return {};
    return {detail::scope_at(table, path.substr(0, cut)), path.substr(cut + 1)};
}

/// Whether each of them holds a parameter, frozen ones too.
template <class Table, std::size_t N>
constexpr bool leads_to_parameters(Table const& table, std::array<Branch, N> const& branches) {
    auto const leads = [&](Branch const& branch) {
        for (int i = 0; i < table.size; ++i) {
            auto const& row = table.rows[std::size_t(i)];
            for (std::size_t k = 0; row.owner == i && k < row.op->parameter_count; ++k)
                if (branch.holds(table, i, row.op->parameter_tensors[k].name)) return true;
        }
        return false;
    };
    for (auto const& branch : branches)
        if (!leads(branch)) return false;
    return true;
}

} // namespace lamina
