// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/graph/branch.hpp>
#include <lamina/graph/row.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace lamina {

namespace detail {

/// MultiHeadAttention: multi_head_attention.
[[gnu::cold]] inline std::string snake_case(std::string_view s) {
    std::string out;
    for (std::size_t i = 0; i < s.size(); ++i) {
        if (begins_word(s, i) && out.back() != '_') out += '_';
        out += small_letter(s[i]);
    }
    return out;
}

} // namespace detail

/// The path of each row: "encoder/transformer_block_1/dense". Brothers of one name are told apart
/// as in Keras: dense, dense_1, dense_2, in the order of the table.
template <class T>
class Paths {
public:
    [[gnu::cold]] Paths(Row<T> const* rows, int n, Scope const* scopes, std::size_t scope_count)
        : rows_(rows), scopes_(scopes), older_(scope_count, -1) {
        for (int i = 0; i < n; ++i)
            if (rows[i].scope >= 0) number(std::size_t(rows[i].scope));
    }
    [[gnu::cold]] std::string operator[](int row) const {
        std::string out;
        for (int s = rows_[row].scope; s >= 0; s = scopes_[s].parent) {
            std::string name = name_of(std::size_t(s));
            if (int const older = older_[std::size_t(s)]; older > 0)
                name += '_' + std::to_string(older);
            out.insert(0, out.empty() ? name : name + '/');
        }
        return out;
    }

private:
    std::string name_of(std::size_t scope) const {
        auto const& its = scopes_[scope];
        return its.given ? std::string(its.name) : detail::snake_case(its.name);
    }
    /// Counts the brothers of that name that have been here before.
    void number(std::size_t scope) {
        if (older_[scope] >= 0) return;
        int const parent = scopes_[scope].parent;
        if (parent >= 0) number(std::size_t(parent));
        std::string const name = name_of(scope);
        int older = 0;
        for (std::size_t k = 0; k < older_.size(); ++k)
            older += older_[k] >= 0 && scopes_[k].parent == parent && name_of(k) == name;
        older_[scope] = older;
    }

    Row<T> const* rows_;
    Scope const* scopes_;
    std::vector<int> older_; // -1: not met yet
};

#ifdef LAMINA_SOURCE
template class Paths<float>;
template class Paths<double>;
#elif !LAMINA_BODIES
extern template class Paths<float>;
extern template class Paths<double>;
#endif

} // namespace lamina
