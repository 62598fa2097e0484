// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/row.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace lamina {

/// MultiHeadAttention: multi_head_attention. A capital begins a word behind a small letter or
/// before one (Keras' rule, keras/src/utils/naming.py).
[[gnu::cold]] inline std::string snake_case(std::string_view s) {
    auto const upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    auto const lower = [](char c) { return c >= 'a' && c <= 'z'; };
    std::string out;
    for (std::size_t i = 0; i < s.size(); ++i) {
        bool const word =
            i && upper(s[i]) && (lower(s[i - 1]) || (i + 1 < s.size() && lower(s[i + 1])));
        if (word && out.back() != '_') out += '_';
        out += upper(s[i]) ? char(s[i] - 'A' + 'a') : s[i];
    }
    return out;
}

/// The path of each row: "encoder/transformer_block_1/dense". Brothers of one name are told apart
/// as in Keras: dense, dense_1, dense_2, in the order of the table.
template <class T>
[[gnu::cold]] std::vector<std::string> paths(Row<T> const* rows, int n, Scope const* scopes,
                                             std::size_t scope_count) {
    std::vector<std::string> known(scope_count), plain(scope_count),
        out(static_cast<std::size_t>(n));
    auto const name = [&](auto const& self, int scope) -> std::string const& {
        auto const me = static_cast<std::size_t>(scope);
        auto& mine = known[me];
        if (!mine.empty()) return mine;
        auto const& its = scopes[scope];
        if (its.parent >= 0) plain[me] = self(self, its.parent) + "/";
        plain[me] += its.given ? std::string(its.name) : snake_case(its.name);
        int older = 0; // brothers that have a name already
        for (std::size_t k = 0; k < scope_count; ++k) older += k != me && plain[k] == plain[me];
        mine = plain[me];
        if (older) mine += "_" + std::to_string(older);
        return mine;
    };
    for (int i = 0; i < n; ++i)
        if (rows[i].scope >= 0) out[static_cast<std::size_t>(i)] = name(name, rows[i].scope);
    return out;
}

} // namespace lamina
