// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/leaves.hpp>
#include <lamina/core/option.hpp>
#include <lamina/core/refused.hpp>
#include <lamina/graph/row.hpp>

#include <cstddef>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

/// A network is a function of its inputs. Running that function writes a flat table, one row per
/// layer. The compiler runs it to plan memory; the program runs it once more to keep the layers'
/// values. Edges are typed: a Node's type is its layer, so a shape that does not fit does not
/// compile. Identity is the row's index, so calling a helper twice makes two layers.
namespace lamina {

/// The output of layer L, bound as B on inputs In..., as a value: a row of the graph.
template <class G, class L, class B, bool Stepped, class... In>
struct Node {
    using Layer = L;
    using Bound = B;
    using Output = typename B::Output;
    using Scalar = typename G::Scalar;
    static constexpr bool stepped = Stepped;
    /// What a layer behind it is bound on.
    using Seen = std::conditional_t<Stepped, Moment<Output>, Output>;

    G* graph;
    int index;

    template <class Other>
    requires(!std::is_same_v<Other, Node> && !std::is_same_v<Other, Refused>) constexpr Node&
    operator=(Other const&) {
        static_assert(!sizeof(Other),
                      "A node's type says its shape: instead of x = x | ... give the new one a "
                      "name, auto h = x | Dense<4>{};");
        return *this;
    }
    constexpr Node& operator=(Refused) { return *this; }

    template <class T, class Epilogue>
    static constexpr typename Runs<T>::Run forward_with() {
        return &detail::forward<T, L, B, Epilogue, In...>;
    }
};
template <class N>
inline constexpr bool is_node = false;
template <class G, class L, class B, bool S, class... In>
inline constexpr bool is_node<Node<G, L, B, S, In...>> = true;
template <class N>
concept AnyNode = is_node<N>;

/// Several nodes: for a layer with several inputs, or what a network or a block with several
/// outputs gives: `auto [y, skip] = x | Block{};`.
template <AnyNode... N>
struct Nodes : detail::LeavesOf<N...> {};

template <class N>
inline constexpr bool is_nodes = false;
template <class... N>
inline constexpr bool is_nodes<Nodes<N...>> = true;

/// join(a, b) | layer: what a layer with several inputs takes.
template <AnyNode... N>
constexpr Nodes<N...> join(N... n) {
    return {{{n}...}};
}
/// return outputs(a, b): a network with several heads, or a block with several outputs.
template <AnyNode... N>
constexpr Nodes<N...> outputs(N... n) {
    return {{{n}...}};
}

/// The features of a node's vectors: Dense<width_of<decltype(x)>>.
template <class N>
inline constexpr std::size_t width_of = N::Output::last;
template <>
inline constexpr std::size_t width_of<Refused> = 1;

namespace detail {

/// The name that a layer's type gives it: Dense<64> is Dense; a lambda or a wrapper (`nameless`)
/// has none.
template <class L>
constexpr std::string_view read_scope_name() {
    if constexpr (requires { L::nameless; }) return {};
    std::string_view s = type_name<L>;
    s = s.substr(0, s.find('<'));
    if (auto const at = s.rfind("::"); at != s.npos) s = s.substr(at + 2);
    for (char const c : s)
        if (!(c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
              (c >= 'A' && c <= 'Z')))
            return {};
    return s;
}
template <class L>
inline constexpr std::string_view scope_name = read_scope_name<L>();

/// Stands for a layer that cannot be stepped, after that was said.
template <class B>
struct Untimed {
    using Output = Moment<typename B::Output>;
    using Parameters = ParametersOf<B>;
    using State = StateOf<B>;
    static void forward(auto const&) {}
};

struct Nothing { // stands for "no producer to fuse with"
    using Bound = Nothing;
    using Layer = Nothing;
};
struct FromInput : Nothing { // the same of a layer on an input of the network
    static constexpr bool is_input = true;
};

template <class L>
concept WritesLayers = requires(L const& l, std::byte*& at) {
    l.write_layers(at);
};
/// Whether write() can put down the values of L's layers without running L: a layer itself, or a
/// block that says how.
template <class L>
inline constexpr bool is_written = WritesLayers<L>;
template <class L>
requires requires { typename L::template On<Shape<1>>; }
inline constexpr bool is_written<L> = true;

/// The values of a layer, or of a block's layers, as running it would write them.
template <class L>
void write(L const& layer, std::byte*& at) {
    if constexpr (WritesLayers<L>) layer.write_layers(at);
    else {
        check_options(layer);
        if constexpr (!std::is_empty_v<L>) ::new (at) L(layer);
        at += layer_size<L>;
    }
}

template <class L, class... N>
concept LayerOn = requires {
    typename L::template On<typename N::Output...>;
};

/// One moment, or something without time.
template <class N>
inline constexpr bool at_one_moment = std::is_same_v<typename N::Seen, Moment<typename N::Output>>;

/// What runs in a stepped row: the layer's Step, or, for a layer that treats each moment alone, the
/// layer on one moment. A layer whose Step depends on which of its inputs are stepped declares a
/// `template <bool... Stepped> struct Step`.
template <class L, class B, bool Stepped, class... N>
constexpr auto running() {
    if constexpr (!Stepped) return std::type_identity<B>{};
    else if constexpr (requires { typename B::Step; })
        return std::type_identity<typename B::Step>{};
    else if constexpr (requires { typename B::template Step<N::stepped...>; })
        return std::type_identity<typename B::template Step<N::stepped...>>{};
    else {
        constexpr bool steps = each_moment_of<B>() && (at_one_moment<N> && ...);
        static_assert(steps || !fits_of<B>(), "This network cannot run token by token: one of its "
                                              "layers looks along time and has no Step.");
        if constexpr (steps)
            return std::type_identity<typename L::template On<typename N::Seen...>>{};
        else return std::type_identity<Untimed<B>>{};
    }
}

template <class B, class L, class First, class... N>
constexpr auto append([[maybe_unused]] L const& layer, int owner, First first, N... more) {
    using G = std::remove_pointer_t<decltype(first.graph)>;
    using T = typename G::Scalar;
    static_assert(std::is_trivially_copyable_v<L>,
                  "A layer is a small value: numbers and flags, no buffers.");
    constexpr bool stepped = (First::stepped || ... || N::stepped);
    using R = typename decltype(running<L, B, stepped, First, N...>())::type;
    using Producer = std::conditional_t<fuses_forward<typename First::Bound, R> ||
                                            fuses_backward<typename First::Bound, R>,
                                        First, Nothing>;
    constexpr bool on_input = requires { requires First::Bound::is_network_input; };
    using Before = std::conditional_t<on_input && sizeof...(N) == 0, FromInput, Producer>;
    G& graph = *first.graph;
    if constexpr (!std::is_empty_v<L>)
        if (graph.values) {
            check_options(layer);
            ::new (graph.values + graph.value_bytes) L(layer);
        }
    Runs<T> const* run = nullptr; // the program itself only writes the layers' values
    if (std::is_constant_evaluated())
        run = &runs<T, G::stepped != 0, Before, L, R, typename First::Seen, typename N::Seen...>;
    int const index = graph.add(
        &op<T, G::stepped != 0, Producer, L, R, typename First::Seen, typename N::Seen...>, run,
        {first.index, more.index...}, owner, scope_name<L>, stepped);
    return Node<G, L, B, stepped, typename First::Output, typename N::Output...>{&graph, index};
}

/// A layer that does not fit says so from here, once, and swallows what comes behind it.
template <class B, class L, class... N>
constexpr auto bind(L const& layer, int owner, N... inputs) {
    if constexpr (fits_of<B>()) {
        return append<B>(layer, owner, inputs...);
    } else {
        B::otherwise();
        return Refused{};
    }
}

/// A block is called inside a scope of its name.
template <class L>
constexpr auto call_block(L const& block, auto first, auto... more) {
    auto& graph = *first.graph;
    int const before = graph.scope;
    if constexpr (!requires { L::nameless; }) graph.scope = graph.enter(scope_name<L>);
    auto const y = block(first, more...);
    graph.scope = before;
    return y;
}

template <class L, class First, class... N>
constexpr auto call_layer(L const& layer, First first, N... more) {
    if constexpr (!fits_of<L>()) { // whatever stands before it: Dense<0>
        L::otherwise();
        return Refused{};
    } else if constexpr (requires { layer(first, more...); }) {
        return call_block(layer, first, more...);
    } else if constexpr (requires { First::call(layer, first, more...); }) {
        return First::call(layer, first, more...); // a node that has it done otherwise
    } else if constexpr (LayerOn<L, First, N...>) {
        using B = typename L::template On<typename First::Output, typename N::Output...>;
        constexpr bool complete = requires { typename B::Output; }
        || !fits_of<B>();
        static_assert(complete, "A layer bound on a shape says its Output, a Shape<...>, and has "
                                "forward(c) and backward(c).");
        constexpr bool lists = !complete || !fits_of<B>() || ListsTensors<B>;
        static_assert(lists, "A layer's Parameters, and its State, are a list of tensors: using "
                             "Parameters = lamina::Parameters<...>.");
        constexpr bool few = sizeof...(N) < max_inputs;
        static_assert(few, "join: a layer takes at most 8 inputs. Join some of them before: "
                           "join(join(a, b) | Concatenate{}, c) | Concatenate{}.");
        if constexpr (complete && lists && few) return bind<B>(layer, -1, first, more...);
        else return Refused{};
    } else {
        static_assert(
            !sizeof(L),
            "What stands behind | is not a layer, or it takes another number of inputs: give one "
            "node, or join(a, b) for several; unless an error above says why.");
        return Refused{};
    }
}

} // namespace detail

/// x | layer. What can be called with nodes is a block, made of layers; anything else is bound on
/// what it is given.
template <AnyNode N, class L>
constexpr auto operator|(N x, L const& layer) {
    return detail::call_layer(layer, x);
}
template <class... N, class L>
constexpr auto operator|(Nodes<N...> x, L const& layer) {
    return detail::spread(x, [&](auto... n) { return detail::call_layer(layer, n...); });
}

// What was refused swallows the rest, so that one mistake is one error.
template <class L>
constexpr Refused operator|(Refused, L const&) {
    return {};
}
template <class... N>
requires(std::is_base_of_v<Refused, N> || ...) constexpr Refused join(N...) { return {}; }
/// What can be taken apart as the nodes could that one of these is not.
template <std::size_t Count>
struct RefusedNodes : Refused {
    template <std::size_t>
    constexpr Refused get() const {
        return {};
    }
};
template <class... N>
requires(std::is_base_of_v<Refused, N> || ...) constexpr RefusedNodes<sizeof...(N)> outputs(N...) {
    return {};
}

} // namespace lamina

// auto [a, b] = x | Block{};
template <class... N>
struct std::tuple_size<lamina::Nodes<N...>> : std::integral_constant<std::size_t, sizeof...(N)> {};
template <std::size_t I, class... N>
struct std::tuple_element<I, lamina::Nodes<N...>>
    : std::tuple_element<I, lamina::detail::LeavesOf<N...>> {};
template <std::size_t N>
struct std::tuple_size<lamina::RefusedNodes<N>> : std::integral_constant<std::size_t, N> {};
template <std::size_t I, std::size_t N>
struct std::tuple_element<I, lamina::RefusedNodes<N>> {
    using type = lamina::Refused;
};
