// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/names.hpp>
#include <lamina/graph/row.hpp>
#include <lamina/losses/pairing.hpp>
#include <lamina/model/weights.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace lamina::detail {

/// What Keras takes as a part of the layer before it.
template <class Node>
inline constexpr bool is_part_of_layer =
    is_any_of<typename Node::Layer, Softmax, LogSoftmax> || requires {
    requires Node::Bound::elementwise;
};

/// The row after which row `out`, an output, is named: of Dense<1, Sigmoid> Dense's. An activation
/// that has a name of its own, or whose layer somebody else reads, or stands elsewhere, is one by
/// itself.
template <class T>
[[gnu::cold]] int naming_row(Row<T> const* rows, int size, Scope const* scopes, int const* outputs,
                             std::size_t count, int out) {
    int const before = rows[out].inputs[0], scope = rows[out].scope, its = rows[before].scope;
    if (scope < 0 || its < 0 || scopes[scope].given || scopes[scope].parent != scopes[its].parent ||
        rows[before].op->parameters == 0)
        return out;
    std::ptrdiff_t readers = std::count(outputs, outputs + count, before);
    for (int i = 0; i < size; ++i)
        readers += std::count(rows[i].inputs, rows[i].inputs + rows[i].arity, before);
    return readers == 1 ? before : out;
}

/// What the outputs of a network are called in the log: as the layers that give them, or the blocks
/// in which those stand; where two stand in one block, by their whole paths. Keras' names.
template <class N, class... Node>
[[gnu::cold]] auto output_names(Nodes<Node...>*) {
    constexpr std::size_t count = sizeof...(Node);
    constexpr bool activation[]{is_part_of_layer<Node>...};
    auto const& ends = N::graph.outputs;
    auto const paths = Weights<N>::paths();
    std::array<std::string, count> whole, names;
    std::array<int, count> row{};
    for (std::size_t k = 0; k < count; ++k) {
        row[k] = activation[k] ? naming_row(N::table.data(), N::size, N::graph.scopes.data(),
                                            ends.data(), count, ends[k])
                               : ends[k];
        whole[k] = paths[row[k]];
        names[k] = whole[k].substr(0, whole[k].find('/'));
    }
    auto const blocks = names;
    for (std::size_t k = 0; k < count; ++k)
        for (std::size_t i = 0; i < count; ++i)
            if (row[i] != row[k] && blocks[i] == blocks[k]) names[k] = whole[k];
    return names;
}

} // namespace lamina::detail
