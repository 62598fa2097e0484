// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/leaves.hpp>
#include <lamina/graph/function.hpp>
#include <lamina/graph/node.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace lamina::detail {

template <class Y>
inline constexpr bool holds_input = false;
template <class G, class L, class B, bool S, class... In>
inline constexpr bool holds_input<Node<G, L, B, S, In...>> = requires {
    requires B::is_network_input;
};
template <class... N>
inline constexpr bool holds_input<Nodes<N...>> = (holds_input<N> || ...);

/// What a network's function gave, as Nodes; what it should not give is refused.
template <class Y>
constexpr auto ends_of(Y const& y) {
    constexpr bool good = is_node<Y> || is_nodes<Y> || std::is_base_of_v<Refused, Y>;
    static_assert(good, "graph: the function gives no node. Write return x | Dense<1>{}; or return "
                        "outputs(a, b); unless an error above says why.");
    static_assert(!holds_input<Y>, "graph: an output is an input of the network as it is. Put a "
                                   "layer between them: Linear{} changes nothing.");
    if constexpr (holds_input<Y>) return Refused{};
    else if constexpr (is_node<Y>) return join(y);
    else if constexpr (is_nodes<Y>) return y;
    else return Refused{};
}

/// Says what is wrong with an input.
template <class In>
constexpr void check_input() {
    if constexpr (!fits_of<In>()) In::otherwise();
}
/// Runs a network's function on fresh inputs.
template <class G, class D, class... In>
constexpr auto run(G& g, D const& definition, Inputs<In...>) {
    (check_input<In>(), ...);
    if constexpr (!(fits_of<In>() && ...)) return Refused{};
    else return [&]<int... I>(std::integer_sequence<int, I...>) {
            // One after another, so that input I is row I.
            LeavesOf<decltype(input<In, I>(g))...> x{{input<In, I>(g)}...};
            if constexpr (std::is_void_v<decltype(definition(leaf<I>(x)...))>)
                return ends_of(std::integer_sequence<int, I...>{}); // no node either
            else return ends_of(definition(leaf<I>(x)...));
        }
    (std::make_integer_sequence<int, int(sizeof...(In))>{});
}

/// The Nodes<...> that a network returns; Refused if it was refused.
template <class D, class T>
using OutputsOf =
    decltype(run(std::declval<Graph<T>&>(), std::declval<D const&>(), typename D::Inputs{}));
template <class D, class T>
inline constexpr int outputs_of = int(OutputsOf<D, T>::count);

struct Extent {
    int rows, scopes;
    std::size_t value_bytes;
};
template <class T, std::uint32_t Stepped, class D>
constexpr Extent extent() {
    Graph<T, Stepped> g;
    run(g, D{}, typename D::Inputs{});
    return {g.size, g.scope_count, g.value_bytes};
}

/// The rows in their canonical order: inputs, then what the outputs need, depth first. What nobody
/// needs falls away. C++ leaves open in which order f(x | a, x | b) runs, and compilers differ:
/// this order depends on the edges alone.
template <class T, int N, int Scopes, int Outputs>
struct LayerTable {
    std::array<Row<T>, std::size_t(N)> rows{};
    std::array<Scope, std::size_t(Scopes)> scopes{};
    std::array<int, std::size_t(Outputs)> outputs{};
    int size = 0;
    std::size_t value_bytes = 0;
    bool shares = true; // whether what is shared has tensors of the same shapes
};

/// Written by the compiler; the program writes it once more with `values` (room for the layers'
/// values in the order of the calls) and `destination` (their place in the table's order).
template <Extent E, class T, std::uint32_t Stepped, class D>
constexpr auto table(D const& definition, std::byte* values = nullptr,
                     std::byte* destination = nullptr) {
    constexpr int outs = outputs_of<D, T>, count = E.rows;
    std::array<Row<T>, std::size_t(count)> raw{};
    LayerTable<T, count, E.scopes + 1, outs> t;
    Graph<T, Stepped> g{.rows = raw.data(), .scopes = t.scopes.data(), .values = values};
    auto const ends = spread(run(g, definition, typename D::Inputs{}), [](auto... n) {
        return std::array<int, std::size_t(outs)>{n.index...};
    });
    t.shares = g.shares;
    std::array<int, std::size_t(count)> place{}, next{},
        heir{}; // heir: the first of those that share
    std::array<int, std::size_t(count) + 1> stack{};
    place.fill(-1);
    heir.fill(-1);
    for (; t.size < D::Inputs::count; ++t.size) {
        t.rows[std::size_t(t.size)] = raw[std::size_t(t.size)];
        place[std::size_t(t.size)] = t.size;
    }
    for (int o = 0; o < outs; ++o) {
        std::size_t depth = 0;
        stack[depth++] = ends[std::size_t(o)];
        while (depth) {
            auto const i = std::size_t(stack[depth - 1]);
            auto const& row = raw[i];
            if (place[i] >= 0) {
                --depth;
                continue;
            }
            if (next[i] <= row.arity) { // its inputs, then the row that owns its parameters
                int const from = next[i] < row.arity ? row.inputs[next[i]]
                                 : row.peer          ? int(i)
                                                     : row.owner;
                ++next[i];
                if (from != int(i) && place[std::size_t(from)] < 0) stack[depth++] = from;
                continue;
            }
            auto& to = t.rows[std::size_t(t.size)] = row;
            place[i] = t.size++;
            for (int k = 0; k < to.arity; ++k) to.inputs[k] = place[std::size_t(to.inputs[k])];
            if (row.peer || row.owner == int(i)) {
                int& owner = heir[std::size_t(row.owner)];
                if (owner < 0) owner = place[i];
                to.owner = owner;
            } else to.owner = t.rows[std::size_t(place[std::size_t(row.owner)])].owner;
            if (to.mask >= 0) to.mask = place[std::size_t(to.mask)];
            to.layer = t.value_bytes;
            t.value_bytes += row.op->layer_size;
            if (destination)
                for (std::size_t b = 0; b < row.op->layer_size; ++b)
                    destination[to.layer + b] = values[row.layer + b];
            --depth;
        }
        t.outputs[std::size_t(o)] = place[std::size_t(ends[std::size_t(o)])];
    }
    return t;
}

/// Each layer takes what the one before it gives: there is one order only in which the layers can
/// have been called, and it is the table's.
template <class T, int N, int S, int O>
constexpr bool is_chain(LayerTable<T, N, S, O> const& t) {
    if (t.size != N) return false;
    for (int i = 0; i < N; ++i) {
        auto const& row = t.rows[std::size_t(i)];
        if (row.arity != (i > 0) || row.owner != i || (i > 0 && row.inputs[0] != i - 1))
            return false;
    }
    return true;
}

/// A layer's run-time values must not change the network's structure: the compiler planned it from
/// the default values.
template <class T, int N, int S, int O>
bool same_structure(LayerTable<T, N, S, O> const& a, LayerTable<T, N, S, O> const& b) {
    if (a.size != b.size || a.outputs != b.outputs) return false;
    for (std::size_t i = 0; i < std::size_t(a.size); ++i) {
        auto const &p = a.rows[i], &q = b.rows[i];
        if (p.op != q.op || p.arity != q.arity || p.owner != q.owner || p.mask != q.mask ||
            p.frozen != q.frozen)
            return false;
        for (int k = 0; k < p.arity; ++k)
            if (p.inputs[k] != q.inputs[k]) return false;
    }
    return true;
}

} // namespace lamina::detail
